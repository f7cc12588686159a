// Buffers for pixels, samples and packets, kept by size class for reuse. One owner type: std::shared_ptr<PoolBuffer>;
// when the last owner goes, on whatever thread, the memory returns to the pool.
//
// How much waits for reuse follows demand: throughput times latency is what is in use at once, so a class keeps as many
// buffers, used and idle, as were in use at once in the last ten seconds. A class that nobody uses any more gives its
// buffers back, and the allocator is trimmed after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "util/allocation_tracker.h"
#include "util/ffmpeg_raii.h"

namespace webcodecs {

class PoolBuffer {
 public:
  PoolBuffer(uint8_t* data, size_t size, size_t capacity, TrackedAllocation tracked)
      : data_(data), size_(size), capacity_(capacity), tracked_(std::move(tracked)) {}
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
  TrackedAllocation tracked_;
};

using PoolBufferPtr = std::shared_ptr<PoolBuffer>;

// Bytes are those of whole buffers: a fifth more than what was asked for at most from 128 kB on, and less than twice
// as much below. `high_water_bytes` is the most that was ever in use at once, `recent_high_water_bytes` that of the last minute.
struct PoolStatistics {
  int64_t hits, misses, in_use, in_use_bytes, idle, idle_bytes, high_water_bytes, recent_high_water_bytes, evictions;
};

class FramePool {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kPadding = 64;

  // The one pool of the process; never destroyed.
  static FramePool& Global();

  // Null when memory is out.
  PoolBufferPtr Acquire(size_t size, AllocationKind kind);
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

// An AVPacket with a copy of these bytes, padded as decoders want it. Null when memory is out.
AVPacketPtr MakePoolPacket(const uint8_t* data, size_t size);

}  // namespace webcodecs
