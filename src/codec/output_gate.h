// Holds a decoder back while too many of its outputs are undelivered, so that a flood of chunks does not become a
// flood of pictures.
#pragma once

#include <condition_variable>
#include <mutex>

namespace webcodecs {

class OutputGate {
 public:
  explicit OutputGate(int limit) : limit_(limit) {}

  // Waits until fewer than the limit are undelivered, or the gate is opened; then counts one more.
  void Enter() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return undelivered_ < limit_ || open_; });
    ++undelivered_;
  }
  void Deliver() {
    std::lock_guard<std::mutex> lock(mutex_);
    --undelivered_;
    changed_.notify_one();
  }
  // Lets everything pass: nobody waits for these outputs any more.
  void Open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const int limit_;
  int undelivered_ = 0;
  bool open_ = false;
};

}  // namespace webcodecs
