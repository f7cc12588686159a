// What JavaScript holds of a codec, and how it asks whether one can be opened.
#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "codec/async_worker.h"
#include "env_state.h"
#include "util/background_thread.h"
#include "util/job_pool.h"
#include "util/napi_util.h"

namespace webcodecs {

// A share of the worker. Its finalizer closes the codec but never waits for it.
using CodecHandle = Napi::External<std::shared_ptr<AsyncWorker>>;

template <typename Worker>
Napi::Value CreateCodec(const Napi::CallbackInfo& info) {
  auto worker = std::make_shared<Worker>(EnvState::Get(info.Env()), ReadInt(info[0]));
  // Held as the base class, so that flush, reset and close need not know the kind.
  auto share = std::make_unique<std::shared_ptr<AsyncWorker>>(std::move(worker));
  Napi::Value handle = CodecHandle::New(info.Env(), share.get(), [](Napi::Env, std::shared_ptr<AsyncWorker>* held) {
    (*held)->Close();
    delete held;
  });
  // A worker that is being terminated makes no objects.
  if (!handle.IsEmpty()) share.release();
  return handle;
}

template <typename Worker = AsyncWorker>
Worker& CodecOf(const Napi::Value& handle) {
  return static_cast<Worker&>(**handle.As<CodecHandle>().Data());
}

// Runs `probe`, which returns a Status, on the job pool; on a thread of its own when it may wait for a device. Returns
// the job's id.
template <typename Probe>
Napi::Value RunProbe(const Napi::CallbackInfo& info, Probe probe, bool may_wait = false) {
  std::shared_ptr<EnvState> state = EnvState::Get(info.Env());
  const int32_t job = state->BeginJob();
  const auto run = [state, job, probe = std::move(probe)] { state->PostJobEvent(job, probe(), nullptr); };
  if (!may_wait || !StartBackgroundThread("webcodecs-ask", run)) JobPool::Global().Post(run);
  return Napi::Number::New(info.Env(), job);
}

// A packet with a copy of `bytes`; null, with an exception thrown, when memory is out.
AVPacketPtr NewPacket(Napi::Env env, const Bytes& bytes);

}  // namespace webcodecs
