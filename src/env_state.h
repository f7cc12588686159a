// What one JavaScript environment (the main thread or a worker) owns. Nothing here is shared between environments.
#pragma once

#include <napi.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "codec/event_queue.h"
#include "util/external_memory.h"
#include "util/status.h"

namespace webcodecs {

class AsyncWorker;
struct Staging;

class EnvState : public std::enable_shared_from_this<EnvState> {
 public:
  // Makes the state of `env` and ties its end to the environment's. JavaScript thread.
  static void Install(Napi::Env env);
  static std::shared_ptr<EnvState> Get(napi_env env);

  explicit EnvState(napi_env env) : env_(env) {}

  // Names the JavaScript function that receives events.
  Napi::Value Start(const Napi::CallbackInfo& info);

  // --- Any thread -----------------------------------------------------------------------------------------------
  // Appends an event, and wakes JavaScript if nothing has yet. `tasks_ended` tasks (see BeginTask) end with it.
  void Post(Event event, int tasks_ended = 0);
  // The same without waking anybody: Announce() must follow.
  void PostQuietly(Event event, int tasks_ended = 0);
  void Announce();
  // A task ended of which JavaScript need not hear.
  void EndTask();
  void PostJobEvent(int32_t job_id, Status status, std::shared_ptr<Staging> result);
  // Deletes a reference that AddReference made: at once on the JavaScript thread, there some time later from any other. Does nothing once the
  // environment is gone.
  void ReleaseReference(napi_ref reference);
  // The end of what BeginRead began.
  void EndRead();
  // The thread of `worker` is about to end: it is joined on the JavaScript thread.
  void PostExit(std::shared_ptr<AsyncWorker> worker);

  // --- JavaScript thread ----------------------------------------------------------------------------------------
  // The event loop stays alive while tasks are under way. Each task ends once, through Post, EndTask or EndTasks.
  void BeginTask();
  void EndTasks(int count);
  int32_t BeginJob();
  // Keeps a value alive until ReleaseReference, or the environment's end. Null when memory is out.
  napi_ref AddReference(napi_value value);
  void DeleteReference(napi_ref reference);
  // From here on another thread reads memory that belongs to JavaScript: the environment ends after it.
  void BeginRead();
  // Keeps `worker` until its thread has ended.
  void AddWorker(std::shared_ptr<AsyncWorker> worker);
  const std::shared_ptr<ExternalMemory>& external_memory() const { return external_memory_; }

 private:
  static void OnWake(napi_env env, napi_value callback, void* context, void* data);
  static void OnEnvironmentEnd(void* self);
  void Deliver(napi_env env, napi_value callback);
  void Wake();  // with mutex_ held

  napi_env env_;
  const std::thread::id thread_ = std::this_thread::get_id();
  napi_threadsafe_function wake_ = nullptr;
  int tasks_ = 0;
  int32_t next_job_id_ = 1;
  std::unordered_set<std::shared_ptr<AsyncWorker>> workers_;
  // Node does not free the references that are left when an environment ends.
  std::unordered_set<napi_ref> held_;
  const std::shared_ptr<ExternalMemory> external_memory_ = std::make_shared<ExternalMemory>();
  // Empty but for its memory, which takes turns with that of queue_.
  std::vector<Event> delivered_;

  std::mutex mutex_;
  std::condition_variable read_ended_;
  // Guarded by mutex_.
  bool open_ = false;
  bool awake_ = false;
  EventQueue queue_;
  int ended_ = 0;
  int reads_ = 0;
  std::vector<napi_ref> references_;
  std::vector<std::shared_ptr<AsyncWorker>> exited_;
};

}  // namespace webcodecs
