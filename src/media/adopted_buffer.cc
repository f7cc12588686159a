#include "media/adopted_buffer.h"

#include <memory>

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
  napi_ref reference;
  if (napi_create_reference(env, bytes.buffer, 1, &reference) != napi_ok) return nullptr;
  auto* adopted = new AdoptedBuffer{EnvState::Get(env), reference, return_id};
  AVBufferRefPtr owner(
      av_buffer_create(bytes.data, bytes.size, AdoptedBuffer::Release, adopted, AV_BUFFER_FLAG_READONLY));
  if (!owner) AdoptedBuffer::Release(adopted, nullptr);
  return owner;
}

}  // namespace webcodecs
