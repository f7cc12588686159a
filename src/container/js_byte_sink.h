// Bytes that go to JavaScript, a bounded amount at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "container/container_events.h"
#include "container/media_output.h"

namespace webcodecs {

class JsByteSink final : public ByteSink {
 public:
  // `give` sends bytes to JavaScript, which acknowledges them when they are written.
  JsByteSink(bool seekable, std::function<void(BytesWrittenEvent)> give) : seekable_(seekable), give_(std::move(give)) {}

  // JavaScript thread.
  void Acknowledge(int64_t bytes, bool failed);

  int Write(const uint8_t* data, int size, int64_t position) override;
  bool IsSeekable() const override { return seekable_; }
  void Interrupt() override;
  // Waits until everything is acknowledged. Returns 0 or one of FFmpeg's errors.
  int Drain();

 private:
  const bool seekable_;
  const std::function<void(BytesWrittenEvent)> give_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  int64_t unacknowledged_ = 0;
  bool failed_ = false;
  bool interrupted_ = false;
};

}  // namespace webcodecs
