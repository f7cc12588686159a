// Buffers for pixels, kept by size class for reuse. One owner type: std::shared_ptr<PoolBuffer>; when the last owner
// goes, on whatever thread, the memory returns to the pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "util/ffmpeg_raii.h"

namespace webcodecs {

class PoolBuffer {
 public:
  PoolBuffer(uint8_t* data, size_t size, size_t capacity) : data_(data), size_(size), capacity_(capacity) {}
  ~PoolBuffer();  // gives the memory back to the pool
  PoolBuffer(const PoolBuffer&) = delete;
  PoolBuffer& operator=(const PoolBuffer&) = delete;

  uint8_t* data() const { return data_; }
  // What was asked for. At least kPadding more bytes behind it may be read and written.
  size_t size() const { return size_; }

 private:
  friend class FramePool;
  uint8_t* data_;
  size_t size_;
  size_t capacity_;
};

using PoolBufferPtr = std::shared_ptr<PoolBuffer>;

// `in_use_bytes` and the like count whole buffers, which may be up to a fifth larger than what was asked for.
struct PoolStatistics {
  int64_t hits, misses, in_use, in_use_bytes, idle, idle_bytes, high_water_bytes, evictions;
};

class FramePool {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kPadding = 64;

  // The one pool of the process; never destroyed.
  static FramePool& Global();

  // Null when memory is out.
  PoolBufferPtr Acquire(size_t size);
  PoolStatistics statistics() const;
  // Gives back idle buffers that nobody has wanted for a while (called by a timer), or all of them. Idle buffers that
  // were given back count as evictions only when they had to make room.
  void Trim(bool all);

 private:
  friend class PoolBuffer;
  FramePool();
  struct State;
  State* state_;
};

// An AVBufferRef that holds its share of `buffer`. Null when memory is out.
AVBufferRefPtr WrapPoolBuffer(PoolBufferPtr buffer);

}  // namespace webcodecs
