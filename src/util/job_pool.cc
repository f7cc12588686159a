#include "util/job_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "util/allocation_tracker.h"
#include "util/background_thread.h"
#include "util/cpu.h"

namespace webcodecs {
namespace {
constexpr int kMaxThreads = 4;
}  // namespace

struct JobPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  struct Job {
    std::function<void()> function;
    AllocationContext context;
  };
  std::deque<Job> jobs;
  int threads = 0;
  int idle = 0;
  int max_threads = 1;

  void Run() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      idle++;
      wake.wait(lock, [this] { return !jobs.empty(); });
      idle--;
      Job job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      {
        const AllocationScope scope(job.context);
        job.function();
        job.function = nullptr;  // what the job holds must not wait for the lock or the next job
      }
      lock.lock();
    }
  }
};

JobPool::JobPool() : state_(new State()) {
  state_->max_threads = std::min(AvailableProcessors(), kMaxThreads);
}

JobPool& JobPool::Global() {
  static JobPool* pool = new JobPool();
  return *pool;
}

void JobPool::Post(std::function<void()> job) {
  State* state = state_;
  {
    std::lock_guard<std::mutex> lock(state->mutex);
    // A thread that was woken but has not taken its job yet still counts as idle, hence the comparison.
    const bool wants_thread =
        state->idle <= static_cast<int>(state->jobs.size()) && state->threads < state->max_threads;
    if (wants_thread && StartBackgroundThread("webcodecs-job", [state] { state->Run(); })) state->threads++;
    if (state->threads > 0) {
      state->jobs.push_back({std::move(job), AllocationContext::Current()});
      job = nullptr;
    }
  }
  // The system refuses threads: late is better than never.
  if (job)
    job();
  else
    state->wake.notify_one();
}

}  // namespace webcodecs
