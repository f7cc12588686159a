// One codec's thread with its queue of tasks (spec: [[codec work queue]]). Derived classes do the work.
//
// A generation is what lies between two resets. Reset() drops the queue and begins the next generation without
// waiting: what the running task still posts carries the old generation, and JavaScript drops it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "env_state.h"
#include "util/allocation_tracker.h"
#include "util/counters.h"
#include "util/status.h"

namespace webcodecs {

class AsyncWorker : public std::enable_shared_from_this<AsyncWorker> {
 public:
  // When JavaScript hears of events: of each at once, or of some together, for codecs that give thousands a second.
  enum class Delivery { kAtOnce, kBatched };

  AsyncWorker(std::shared_ptr<EnvState> env, int32_t codec_id, Delivery delivery = Delivery::kAtOnce);
  virtual ~AsyncWorker() = default;
  AsyncWorker(const AsyncWorker&) = delete;
  AsyncWorker& operator=(const AsyncWorker&) = delete;

  // --- JavaScript thread; none of these waits -------------------------------------------------------------------
  void Flush(int32_t flush_id);
  void Reset();
  // Ends the thread when the running task is over. Nothing may be submitted afterwards.
  void Close();
  // Waits for the thread to end; bounded by one call into the codec once Close() was called.
  void Join();

 protected:
  struct Task {
    virtual ~Task() = default;
    virtual void Run() = 0;
    int32_t generation = 0;
    AllocationContext context;  // of the call that asked for it
  };
  template <typename Function>
  struct FunctionTask final : Task {
    explicit FunctionTask(Function f) : function(std::move(f)) {}
    void Run() override { function(); }
    Function function;
  };

  // Queues `function` for the codec thread; each such task ends once, by EndTask() or by being dropped.
  template <typename Function>
  void Submit(Function function) {
    SubmitTask(std::make_unique<FunctionTask<Function>>(std::move(function)));
  }

  // --- The codec thread -----------------------------------------------------------------------------------------
  // Emits everything that is pending. Does nothing without an open codec.
  virtual Status Drain() = 0;
  // Gives the codec up, with everything that belongs to the generation.
  virtual void DestroyCodec() = 0;
  // Called on the JavaScript thread when whatever the codec thread may wait for has lost its meaning.
  virtual void Interrupt() {}

  // Whether Reset() or Close() was called since the running task was submitted: its outputs are unwanted.
  bool Stale() const { return task_generation_ != generation_.load(std::memory_order_acquire); }
  // Whether the generation of the running task has failed: nothing more comes of it.
  bool Failed() const { return failed_; }

  template <typename Payload>
  void Post(Payload payload, int tasks_ended = 0) {
    PostEvent(Event{codec_id_, task_generation_, std::move(payload)}, tasks_ended);
  }
  // Ends the running task: with `payload` when it succeeded, with an error event for the first failure.
  template <typename Payload>
  void EndTask(const Status& status, Payload payload) {
    if (status.ok() && !failed_) {
      Post(std::move(payload), 1);
    } else if (!failed_) {
      failed_ = true;
      DestroyCodec();
      Post(ErrorEvent{status}, 1);
    } else {
      env_->EndTask();
    }
  }

 private:
  void PostEvent(Event event, int tasks_ended);
  void Announce();
  void SubmitTask(std::unique_ptr<Task> task);
  void DropQueue(std::deque<std::unique_ptr<Task>> queue);
  void ThreadMain();

  const std::shared_ptr<EnvState> env_;
  const int32_t codec_id_;
  CountedBy counted_;
  std::thread thread_;

  std::atomic<int32_t> generation_{0};
  // Of the codec thread alone.
  int32_t task_generation_ = 0;
  bool failed_ = false;
  const Delivery delivery_;
  // Events that nobody has been woken for, and since when they wait.
  int quiet_events_ = 0;
  std::chrono::steady_clock::time_point quiet_since_;

  std::mutex mutex_;
  std::condition_variable work_;
  // Guarded by mutex_.
  std::deque<std::unique_ptr<Task>> queue_;
  bool reset_ = false;
  bool closed_ = false;
  bool started_ = false;
};

}  // namespace webcodecs
