#include "media/adopted_buffer.h"

#include <memory>
#include <utility>

#include "env_state.h"

namespace webcodecs {

namespace {

struct AdoptedBuffer {
  std::shared_ptr<EnvState> state;
  napi_ref reference;
  // Under which JavaScript waits for the ArrayBuffer; 0 when it is done with it.
  int32_t return_id;

  static void Release(void* opaque, uint8_t*) {
    auto* self = static_cast<AdoptedBuffer*>(opaque);
    if (self->return_id != 0)
      self->state->Post(Event{0, 0, ReturnedEvent{self->return_id, self->reference}});
    else
      self->state->ReleaseReference(self->reference);
    delete self;
  }
};

}  // namespace

AVBufferRefPtr AdoptBuffer(napi_env env, const Bytes& bytes, int32_t return_id) {
  std::shared_ptr<EnvState> state = EnvState::Get(env);
  napi_ref reference = state->AddReference(bytes.buffer);
  if (!reference) return nullptr;
  auto* adopted = new AdoptedBuffer{std::move(state), reference, return_id};
  AVBufferRefPtr owner(
      av_buffer_create(bytes.data, bytes.size, AdoptedBuffer::Release, adopted, AV_BUFFER_FLAG_READONLY));
  if (!owner) AdoptedBuffer::Release(adopted, nullptr);
  return owner;
}

Napi::Value AdoptedArrayBuffer(Napi::Env env, const AVBufferRef* owner) {
  const auto* adopted = static_cast<AdoptedBuffer*>(av_buffer_get_opaque(owner));
  napi_value buffer = nullptr;
  if (adopted->return_id == 0) napi_get_reference_value(env, adopted->reference, &buffer);
  return Napi::Value(env, buffer);
}

}  // namespace webcodecs
