#include "container/js_byte_sink.h"

namespace webcodecs {
namespace {

// Bytes that may be on their way at once; a write more when it is larger.
constexpr int64_t kMaxUnacknowledged = 2 << 20;

}  // namespace

void JsByteSink::Acknowledge(int64_t bytes, bool failed) {
  std::lock_guard<std::mutex> lock(mutex_);
  unacknowledged_ -= bytes;
  failed_ = failed_ || failed;
  changed_.notify_all();
}

int JsByteSink::Write(const uint8_t* data, int size, int64_t position) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return unacknowledged_ < kMaxUnacknowledged || failed_ || interrupted_; });
  if (interrupted_) return AVERROR_EXIT;
  if (failed_) return AVERROR(EIO);
  unacknowledged_ += size;
  BytesWrittenEvent event;
  event.position = position;
  event.bytes.assign(data, data + size);
  give_(std::move(event));
  return size;
}

void JsByteSink::Interrupt() {
  std::lock_guard<std::mutex> lock(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

int JsByteSink::Drain() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return unacknowledged_ <= 0 || failed_ || interrupted_; });
  return interrupted_ ? AVERROR_EXIT : failed_ ? AVERROR(EIO) : 0;
}

}  // namespace webcodecs
