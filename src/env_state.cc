#include "env_state.h"

#include <utility>

#include "codec/async_worker.h"
#include "media/staging.h"
#include "util/counters.h"

namespace webcodecs {

namespace {

// The environment's instance data: a share of its state, gone with the environment.
using Instance = std::shared_ptr<EnvState>;

// A thread that has been stopped for long finds more events than it will ever again.
constexpr size_t kMostEventsKept = 256;

}  // namespace

void EnvState::Install(Napi::Env env) {
  auto* instance = new Instance(std::make_shared<EnvState>(env));
  napi_set_instance_data(
      env, instance, [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); }, nullptr);
}

std::shared_ptr<EnvState> EnvState::Get(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Instance*>(data);
}

Napi::Value EnvState::Start(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (wake_ != nullptr) return env.Undefined();
  napi_value name = Napi::String::New(env, "webcodecs-native events");
  if (napi_create_threadsafe_function(env, info[0], nullptr, name, 0, 1, nullptr, nullptr, this, OnWake, &wake_) !=
      napi_ok) {
    return env.Undefined();
  }
  // Idle codecs do not keep the process alive; BeginTask does while there is work.
  napi_unref_threadsafe_function(env, wake_);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
  }
  // Hooks run last-in first-out: registered after the thread-safe function, this one runs before it is torn down.
  napi_add_env_cleanup_hook(env, OnEnvironmentEnd, this);
  return env.Undefined();
}

void EnvState::OnEnvironmentEnd(void* self) {
  auto* state = static_cast<EnvState*>(self);
  EventQueue dropped;
  {
    std::lock_guard<std::mutex> lock(state->mutex_);
    state->open_ = false;
    std::swap(dropped, state->queue_);
    state->references_.clear();
  }
  // First tell all, then wait for all: the wait is bounded by one call into a codec.
  for (const auto& worker : state->workers_) worker->Close();
  for (const auto& worker : state->workers_) worker->Join();
  state->workers_.clear();
  {
    std::unique_lock<std::mutex> lock(state->mutex_);
    state->exited_.clear();
    state->read_ended_.wait(lock, [state] { return state->reads_ == 0; });
  }
  for (napi_ref reference : state->held_) napi_delete_reference(state->env_, reference);
  state->held_.clear();
}

napi_ref EnvState::AddReference(napi_value value) {
  napi_ref reference = nullptr;
  if (napi_create_reference(env_, value, 1, &reference) != napi_ok) return nullptr;
  held_.insert(reference);
  return reference;
}

void EnvState::DeleteReference(napi_ref reference) {
  held_.erase(reference);
  napi_delete_reference(env_, reference);
}

void EnvState::BeginRead() {
  std::lock_guard<std::mutex> lock(mutex_);
  reads_++;
}

void EnvState::EndRead() {
  std::lock_guard<std::mutex> lock(mutex_);
  reads_--;
  read_ended_.notify_all();
}

void EnvState::Wake() {
  if (awake_) return;
  awake_ = true;
  napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void EnvState::Post(Event event, int tasks_ended) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  queue_.Push(std::move(event));
  ended_ += tasks_ended;
  Wake();
}

void EnvState::PostQuietly(Event event, int tasks_ended) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  queue_.Push(std::move(event));
  ended_ += tasks_ended;
}

void EnvState::Announce() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (open_) Wake();
}

void EnvState::EndTask() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  ++ended_;
  Wake();
}

void EnvState::PostJobEvent(int32_t job_id, Status status, std::shared_ptr<Staging> result) {
  Post(Event{0, 0, JobEvent{job_id, std::move(status), std::move(result)}}, 1);
}

void EnvState::ReleaseReference(napi_ref reference) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  if (std::this_thread::get_id() == thread_) {
    DeleteReference(reference);
    return;
  }
  references_.push_back(reference);
  Wake();
}

void EnvState::PostExit(std::shared_ptr<AsyncWorker> worker) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  exited_.push_back(std::move(worker));
  Wake();
}

void EnvState::BeginTask() {
  if (tasks_++ == 0) napi_ref_threadsafe_function(env_, wake_);
}

void EnvState::EndTasks(int count) {
  if (count == 0) return;
  tasks_ -= count;
  if (tasks_ == 0) napi_unref_threadsafe_function(env_, wake_);
}

int32_t EnvState::BeginJob() {
  BeginTask();
  return next_job_id_++;
}

void EnvState::AddWorker(std::shared_ptr<AsyncWorker> worker) { workers_.insert(std::move(worker)); }

void EnvState::OnWake(napi_env env, napi_value callback, void* context, void*) {
  // Without an environment the thread-safe function is being torn down: its queue is only emptied.
  if (env == nullptr) return;
  static_cast<EnvState*>(context)->Deliver(env, callback);
}

void EnvState::Deliver(napi_env raw_env, napi_value callback) {
  Napi::Env env(raw_env);
  std::vector<Event>& events = delivered_;
  std::vector<napi_ref> references;
  std::vector<std::shared_ptr<AsyncWorker>> exited;
  int ended;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    awake_ = false;
    queue_.TakeAll(&events);
    references.swap(references_);
    exited.swap(exited_);
    ended = std::exchange(ended_, 0);
  }
  for (napi_ref reference : references) DeleteReference(reference);
  for (const auto& worker : exited) {
    worker->Join();
    workers_.erase(worker);
  }
  if (!events.empty()) {
    GlobalCounters().wakes.fetch_add(1, std::memory_order_relaxed);
    GlobalCounters().events.fetch_add(static_cast<int64_t>(events.size()), std::memory_order_relaxed);
    Napi::HandleScope scope(env);
    Napi::Array batch = Napi::Array::New(env, events.size());
    for (uint32_t i = 0; i < events.size(); ++i) napi_set_element(env, batch, i, EventToJs(env, events[i]));
    events.clear();
    if (events.capacity() > kMostEventsKept) events.shrink_to_fit();
    napi_value undefined = env.Undefined();
    napi_value argument = batch;
    napi_call_function(env, undefined, callback, 1, &argument, nullptr);
    // lib/ catches what user callbacks throw; what is left here is the end of a terminated worker.
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_value exception;
      napi_get_and_clear_last_exception(env, &exception);
    }
  }
  // Last, so that what JavaScript just began keeps the event loop alive without a gap.
  EndTasks(ended);
}

}  // namespace webcodecs
