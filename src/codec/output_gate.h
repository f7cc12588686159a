// Holds a decoder back while too many of its outputs are undelivered, so that a flood of chunks does not become a
// flood of pictures.
#pragma once

#include <condition_variable>
#include <memory>
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

// The gate of a worker's outputs, another one for each generation: the outputs of an older one do not hold back the next.
class GenerationGate {
 public:
  explicit GenerationGate(int limit) : limit_(limit), gate_(std::make_shared<OutputGate>(limit)) {}

  // Waits until an output may pass. Its event tells the gate that is returned of its delivery.
  std::shared_ptr<OutputGate> Enter() {
    std::shared_ptr<OutputGate> gate;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      gate = gate_;
    }
    gate->Enter();
    return gate;
  }
  // Begins the next generation.
  void Renew() {
    std::lock_guard<std::mutex> lock(mutex_);
    gate_->Open();
    gate_ = std::make_shared<OutputGate>(limit_);
  }

 private:
  const int limit_;
  std::mutex mutex_;
  std::shared_ptr<OutputGate> gate_;
};

}  // namespace webcodecs
