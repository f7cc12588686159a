#include "codec/async_worker.h"

#include <new>
#include <system_error>
#include <utility>

#include "util/allocator.h"

namespace webcodecs {

namespace {

// How many events may wait for one another, and how long.
constexpr int kBatchEvents = 16;
constexpr std::chrono::milliseconds kBatchTime{1};

}  // namespace

AsyncWorker::AsyncWorker(std::shared_ptr<EnvState> env, int32_t codec_id, Delivery delivery)
    : env_(std::move(env)), codec_id_(codec_id), counted_(GlobalCounters().codecs), delivery_(delivery) {}

void AsyncWorker::PostEvent(Event event, int tasks_ended) {
  if (delivery_ == Delivery::kAtOnce) return env_->Post(std::move(event), tasks_ended);
  env_->PostQuietly(std::move(event), tasks_ended);
  const auto now = std::chrono::steady_clock::now();
  if (quiet_events_++ == 0) quiet_since_ = now;
  if (quiet_events_ >= kBatchEvents || now - quiet_since_ >= kBatchTime) Announce();
}

void AsyncWorker::Announce() {
  if (std::exchange(quiet_events_, 0) > 0) env_->Announce();
}

void AsyncWorker::SubmitTask(std::unique_ptr<Task> task) {
  bool start = false;
  task->context = AllocationContext::Current();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    task->generation = generation_.load(std::memory_order_relaxed);
    queue_.push_back(std::move(task));
    start = !std::exchange(started_, true);
  }
  env_->BeginTask();
  if (start) {
    try {
      thread_ = std::thread([this] { ThreadMain(); });
      env_->AddWorker(shared_from_this());
    } catch (const std::system_error& error) {
      // The system has no thread left. The next task tries again, in a generation that has not failed.
      std::deque<std::unique_ptr<Task>> dropped;
      std::lock_guard<std::mutex> lock(mutex_);
      started_ = false;
      dropped.swap(queue_);
      const Status status(StatusCode::kOutOfMemory, std::string("no thread for the codec: ") + error.what());
      env_->Post(Event{codec_id_, generation_.load(), ErrorEvent{status}}, static_cast<int>(dropped.size()));
    }
  } else {
    work_.notify_one();
  }
}

void AsyncWorker::Flush(int32_t flush_id) {
  Submit([this, flush_id] {
    Status status = Failed() ? Status::Ok() : Drain();
    EndTask(status, FlushedEvent{flush_id});
  });
}

void AsyncWorker::DropQueue(std::deque<std::unique_ptr<Task>> queue) {
  env_->EndTasks(static_cast<int>(queue.size()));
}

void AsyncWorker::Reset() {
  std::deque<std::unique_ptr<Task>> dropped;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    generation_.fetch_add(1, std::memory_order_release);
    dropped.swap(queue_);
    reset_ = started_;
  }
  Interrupt();
  work_.notify_one();
  DropQueue(std::move(dropped));
}

void AsyncWorker::Close() {
  std::deque<std::unique_ptr<Task>> dropped;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    closed_ = true;
    generation_.fetch_add(1, std::memory_order_release);
    dropped.swap(queue_);
  }
  Interrupt();
  work_.notify_one();
  DropQueue(std::move(dropped));
}

void AsyncWorker::Join() {
  if (thread_.joinable()) thread_.join();
}

void AsyncWorker::ThreadMain() {
  for (;;) {
    std::unique_ptr<Task> task;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      // Nothing follows that events could be told together with.
      if (quiet_events_ > 0 && queue_.empty()) {
        lock.unlock();
        Announce();
        continue;
      }
      work_.wait(lock, [this] { return closed_ || reset_ || !queue_.empty(); });
      if (closed_) break;
      if (!std::exchange(reset_, false)) {
        task = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (!task) {
      DestroyCodec();
      failed_ = false;
      continue;
    }
    task_generation_ = task->generation;
    const AllocationScope scope(task->context);
    try {
      task->Run();
    } catch (const std::bad_alloc&) {
      EndTask(Status(StatusCode::kOutOfMemory, "out of memory"), ConfiguredEvent{});
    }
  }
  DestroyCodec();
  TrimAllocatorAfterCodec();
  env_->PostExit(shared_from_this());
}

}  // namespace webcodecs
