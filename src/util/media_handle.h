// What a JavaScript handle to a media resource points to; a template, as pictures and sound differ in nothing here.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <utility>

#include "env_state.h"
#include "util/allocation_tracker.h"
#include "util/external_memory.h"

namespace webcodecs {

// Open while it holds its resource. `Media` has js_handles(), the HandleCounts of the handles to it, external_bytes(),
// the memory that V8 does not know of, loan_id(), which is 0 until its memory is borrowed, and allocation_context().
template <typename Media>
class MediaHolder {
 public:
  MediaHolder(Napi::Env env, std::shared_ptr<Media> media, std::atomic<int64_t>& counter)
      : media_(std::move(media)), counter_(counter), external_memory_(EnvState::Get(env)->external_memory()) {
    counter_.fetch_add(1, std::memory_order_relaxed);
    if (media_->js_handles().Add(env)) Report(env, 1);
  }

  // The loan that ends with this handle, the last to a resource that was borrowed; else 0.
  int64_t Close(Napi::BasicEnv env) {
    if (!media_) return 0;
    counter_.fetch_sub(1, std::memory_order_relaxed);
    const bool is_last = media_->js_handles().Remove(env);
    if (is_last) Report(env, -1);
    const int64_t loan_id = is_last ? media_->loan_id().load() : 0;
    media_.reset();
    return loan_id;
  }

  // The garbage collector came for a handle; one that is still open was forgotten.
  void Collect(Napi::BasicEnv env) {
    if (media_ && AllocationTracker::enabled()) {
      AllocationContext context = context_.site != 0 ? context_ : media_->allocation_context();
      AllocationTracker::Global().AddForgotten(context, Media::kAllocationKind, media_->external_bytes());
    }
    Close(env);
  }

  const std::shared_ptr<Media>& media() const { return media_; }

 private:
  void Report(Napi::BasicEnv env, int sign) {
    const int64_t bytes = static_cast<int64_t>(media_->external_bytes());
    if (bytes > 0) external_memory_->Add(env, sign * bytes);
  }

  std::shared_ptr<Media> media_;
  std::atomic<int64_t>& counter_;
  // Handles may be finalized after all else of their environment.
  const std::shared_ptr<ExternalMemory> external_memory_;
  const AllocationContext context_ = AllocationContext::Current();
};

template <typename Media>
Napi::Value WrapMedia(Napi::Env env, std::shared_ptr<Media> media, std::atomic<int64_t>& counter) {
  const auto release = [](Napi::BasicEnv env, MediaHolder<Media>* holder) {
    holder->Collect(env);
    delete holder;
  };
  auto* holder = new MediaHolder<Media>(env, std::move(media), counter);
  Napi::Value handle = Napi::External<MediaHolder<Media>>::New(env, holder, release);
  // A worker that is being terminated makes no objects, so nothing would ever finalize this one.
  if (handle.IsEmpty()) release(env, holder);
  return handle;
}

// Null when the handle is closed.
template <typename Media>
std::shared_ptr<Media> UnwrapMedia(const Napi::Value& handle) {
  return handle.As<Napi::External<MediaHolder<Media>>>().Data()->media();
}

template <typename Media>
Napi::Value CloseMedia(const Napi::CallbackInfo& info) {
  const int64_t loan_id = info[0].As<Napi::External<MediaHolder<Media>>>().Data()->Close(info.Env());
  return Napi::Number::New(info.Env(), static_cast<double>(loan_id));
}

}  // namespace webcodecs
