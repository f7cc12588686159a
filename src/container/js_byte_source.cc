#include "container/js_byte_source.h"

#include <algorithm>
#include <cstring>

namespace webcodecs {
namespace {

// What is asked for at once, of sources that can be read anywhere.
constexpr int32_t kPartSize = 256 << 10;

}  // namespace

void JsByteSource::Ask() {
  if (asked_ || ended_ || interrupted_ || error_ != 0) return;
  asked_ = true;
  BytesWantedEvent event;
  event.request_id = ++request_id_;
  if (size_ >= 0) {
    event.position = position_;
    event.size = static_cast<int32_t>(std::min<int64_t>(kPartSize, size_ - position_));
  }
  ask_(std::move(event));
}

void JsByteSource::Feed(int32_t request_id, std::vector<uint8_t> bytes, int error) {
  std::lock_guard<std::mutex> lock(mutex_);
  // What was asked for before a seek is of no use.
  if (!asked_ || request_id != request_id_) return;
  asked_ = false;
  error_ = error;
  ended_ = error == 0 && bytes.empty();
  position_ += static_cast<int64_t>(bytes.size());
  if (size_ >= 0 && position_ >= size_) ended_ = true;
  next_ = std::move(bytes);
  changed_.notify_all();
}

int JsByteSource::Read(uint8_t* data, int size, Deadline deadline) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (interrupted_) return AVERROR_EXIT;
    if (offset_ == current_.size() && !next_.empty()) {
      current_.swap(next_);
      next_.clear();
      offset_ = 0;
    }
    if (offset_ < current_.size()) break;
    if (error_ != 0) return error_;
    if (ended_) return AVERROR_EOF;
    Ask();
    if (deadline == Deadline::max()) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) {
      return AVERROR(ETIMEDOUT);
    }
  }
  const size_t count = std::min(static_cast<size_t>(size), current_.size() - offset_);
  std::memcpy(data, current_.data() + offset_, count);
  offset_ += count;
  read_position_ += static_cast<int64_t>(count);
  // The next part comes while this one is read.
  if (next_.empty()) Ask();
  return static_cast<int>(count);
}

int64_t JsByteSource::Seek(int64_t position) {
  if (size_ < 0) return AVERROR(ENOSYS);
  if (position < 0) return AVERROR(EINVAL);
  std::lock_guard<std::mutex> lock(mutex_);
  // Within what is here already.
  const int64_t begin = read_position_ - static_cast<int64_t>(offset_);
  if (position >= begin && position <= begin + static_cast<int64_t>(current_.size())) {
    offset_ = static_cast<size_t>(position - begin);
    read_position_ = position;
    return position;
  }
  current_.clear();
  next_.clear();
  offset_ = 0;
  asked_ = false;
  read_position_ = position_ = std::min(position, size_);
  ended_ = position_ >= size_;
  return position;
}

void JsByteSource::Interrupt() {
  std::lock_guard<std::mutex> lock(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

int MemoryByteSource::Read(uint8_t* data, int size, Deadline) {
  if (position_ >= bytes_.size()) return AVERROR_EOF;
  const size_t count = std::min(static_cast<size_t>(size), bytes_.size() - position_);
  std::memcpy(data, bytes_.data() + position_, count);
  position_ += count;
  return static_cast<int>(count);
}

int64_t MemoryByteSource::Seek(int64_t position) {
  if (position < 0) return AVERROR(EINVAL);
  position_ = static_cast<size_t>(std::min<int64_t>(position, Size()));
  return position;
}

}  // namespace webcodecs
