#include "capture/capture_registry.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "capture/capture_thread.h"
#include "util/background_thread.h"
#include "util/job_pool.h"

namespace webcodecs {

namespace {

// How long the last environment waits for the threads. One that looks a name up cannot be interrupted.
constexpr std::chrono::seconds kPatience(2);

}  // namespace

struct CaptureRegistry::State {
  std::mutex mutex;
  std::condition_variable thread_ended;
  std::map<std::string, std::shared_ptr<CaptureSource>> sources;
  int environments = 0;
  int threads = 0;

  bool StartThread(std::shared_ptr<CaptureSource> source) {
    const bool started = StartBackgroundThread("webcodecs-capt", [this, source = std::move(source)]() mutable {
      RunCapture(source.get());
      // Before the thread counts as ended.
      source.reset();
      std::lock_guard<std::mutex> lock(mutex);
      threads--;
      thread_ended.notify_all();
    });
    if (started) threads++;
    return started;
  }
};

CaptureRegistry::CaptureRegistry() : state_(new State()) {}

CaptureRegistry& CaptureRegistry::Global() {
  static CaptureRegistry* registry = new CaptureRegistry();
  return *registry;
}

std::shared_ptr<CaptureSource> CaptureRegistry::AllocateIfNeeded(const std::string& name,
                                                                 const CaptureRequest& request) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  const auto found = state_->sources.find(name);
  if (found != state_->sources.end()) {
    found->second->Configure(request);
    return found->second;
  }
  auto source = std::make_shared<CaptureSource>(name, request);
  if (!state_->StartThread(source)) return nullptr;
  state_->sources.emplace(name, source);
  return source;
}

std::shared_ptr<CaptureSource> CaptureRegistry::Find(const std::string& name) const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  const auto found = state_->sources.find(name);
  return found == state_->sources.end() ? nullptr : found->second;
}

bool CaptureRegistry::Remove(const std::string& name) {
  std::shared_ptr<CaptureSource> source;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    const auto found = state_->sources.find(name);
    if (found == state_->sources.end()) return false;
    source = std::move(found->second);
    state_->sources.erase(found);
  }
  source->Stop();
  // The pictures of a source that ended by itself may have no other owner, and are not freed in a moment.
  JobPool::Global().Post([source = std::move(source)]() mutable { source.reset(); });
  return true;
}

std::vector<std::string> CaptureRegistry::Names() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, source] : state_->sources) names.push_back(name);
  return names;
}

void CaptureRegistry::AddEnvironment() {
  std::lock_guard<std::mutex> lock(state_->mutex);
  state_->environments++;
}

void CaptureRegistry::EndEnvironment() {
  std::map<std::string, std::shared_ptr<CaptureSource>> sources;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    if (--state_->environments > 0) return;
    sources.swap(state_->sources);
  }
  for (const auto& [name, source] : sources) source->Stop();
  sources.clear();
  // The threads run code of FFmpeg and its libraries, which the end of the process takes apart.
  const auto end = std::chrono::system_clock::now() + kPatience;
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->thread_ended.wait_until(lock, end, [this] { return state_->threads == 0; });
}

}  // namespace webcodecs
