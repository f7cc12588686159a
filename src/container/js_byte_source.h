// Bytes that JavaScript hands over on request: a stream of them, or parts of something that has a size.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "container/container_events.h"
#include "container/media_input.h"

namespace webcodecs {

class JsByteSource final : public ByteSource {
 public:
  // `size`: of what can be read anywhere; -1 for a stream. `ask` sends a request to JavaScript, from any thread.
  JsByteSource(int64_t size, std::function<void(BytesWantedEvent)> ask) : size_(size), ask_(std::move(ask)) {}

  // JavaScript thread: answers the request. No bytes: there are none left. `error`: one of FFmpeg's, or 0.
  void Feed(int32_t request_id, std::vector<uint8_t> bytes, int error);

  int Read(uint8_t* data, int size, Deadline deadline) override;
  int64_t Size() const override { return size_; }
  bool IsSeekable() const override { return size_ >= 0; }
  int64_t Seek(int64_t position) override;
  void Interrupt() override;

 private:
  void Ask();  // with mutex_ held

  const int64_t size_;
  const std::function<void(BytesWantedEvent)> ask_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<uint8_t> current_, next_;  // what is read from, and what came meanwhile
  size_t offset_ = 0;                    // of the next byte in current_
  int64_t position_ = 0;                 // of the next byte to ask for
  int64_t read_position_ = 0;
  int32_t request_id_ = 0;
  bool asked_ = false;
  bool ended_ = false;
  bool interrupted_ = false;
  int error_ = 0;
};

// Bytes in memory that is the source's own.
class MemoryByteSource final : public ByteSource {
 public:
  explicit MemoryByteSource(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  int Read(uint8_t* data, int size, Deadline deadline) override;
  int64_t Size() const override { return static_cast<int64_t>(bytes_.size()); }
  bool IsSeekable() const override { return true; }
  int64_t Seek(int64_t position) override;
  void Interrupt() override {}

 private:
  const std::vector<uint8_t> bytes_;
  size_t position_ = 0;
};

}  // namespace webcodecs
