#include "transfer_bindings.h"

#include <utility>
#include <variant>

#include "audio/audio_data_bindings.h"
#include "frame_bindings.h"
#include "media/adopted_buffer.h"
#include "media/in_flight.h"
#include "util/napi_util.h"

namespace webcodecs {
namespace {

Napi::Value OpenLane(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(InFlight::Global().OpenLane()));
}

Napi::Value CloseLane(const Napi::CallbackInfo& info) {
  InFlight::Global().CloseLane(ReadInt64(info[0]));
  return info.Env().Undefined();
}

Napi::Value DropInFlight(const Napi::CallbackInfo& info) {
  InFlight::Global().Take(ReadInt64(info[0]));
  return info.Env().Undefined();
}

template <typename Pointer>
Napi::Value Send(const Napi::CallbackInfo& info, const Pointer& media) {
  Napi::Env env = info.Env();
  Pointer shared = media ? ForOtherThreads(media) : nullptr;
  if (!shared) {
    Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const int64_t number = InFlight::Global().Add(ReadInt64(info[1]), std::move(shared));
  return Napi::Number::New(env, static_cast<double>(number));
}

Napi::Value SendPicture(const Napi::CallbackInfo& info) { return Send(info, UnwrapPicture(info[0])); }
Napi::Value SendAudioBuffer(const Napi::CallbackInfo& info) { return Send(info, UnwrapAudioBuffer(info[0])); }

template <typename Pointer>
Pointer Receive(const Napi::CallbackInfo& info) {
  InFlight::Media media = InFlight::Global().Take(ReadInt64(info[0]));
  Pointer* found = std::get_if<Pointer>(&media);
  return found ? std::move(*found) : nullptr;
}

Napi::Value ReceivePicture(const Napi::CallbackInfo& info) {
  PicturePtr picture = Receive<PicturePtr>(info);
  return picture ? WrapPicture(info.Env(), std::move(picture)) : info.Env().Null();
}

Napi::Value ReceiveAudioBuffer(const Napi::CallbackInfo& info) {
  AudioBufferPtr buffer = Receive<AudioBufferPtr>(info);
  return buffer ? WrapAudioBuffer(info.Env(), std::move(buffer)) : info.Env().Null();
}

// The handle has one share, and the pointer here another: whoever has more may be reading on another thread.
template <typename Pointer>
bool IsMovable(const Pointer& media) {
  return media && media->external_bytes() == 0 && media.use_count() == 2;
}

double OffsetIn(const Napi::Value& array_buffer, const uint8_t* data) {
  void* begin = nullptr;
  napi_get_arraybuffer_info(array_buffer.Env(), array_buffer, &begin, nullptr);
  return static_cast<double>(data - static_cast<const uint8_t*>(begin));
}

Napi::Value MovablePicture(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const PicturePtr picture = UnwrapPicture(info[0]);
  if (!IsMovable(picture)) return env.Null();
  const Napi::Value memory = AdoptedArrayBuffer(env, picture->frame()->buf[0]);
  if (memory.IsEmpty()) return env.Null();
  Napi::Array layout = Napi::Array::New(env);
  for (int plane = 0; plane < GetPixelFormatInfo(picture->format()).plane_count; plane++) {
    napi_set_element(env, layout, 2 * plane, Napi::Number::New(env, OffsetIn(memory, picture->data(plane))));
    napi_set_element(env, layout, 2 * plane + 1, Napi::Number::New(env, picture->stride(plane)));
  }
  Napi::Array movable = Napi::Array::New(env);
  napi_set_element(env, movable, 0, memory);
  napi_set_element(env, movable, 1, Napi::Number::New(env, static_cast<int>(picture->format())));
  napi_set_element(env, movable, 2, Napi::Number::New(env, picture->width()));
  napi_set_element(env, movable, 3, Napi::Number::New(env, picture->height()));
  napi_set_element(env, movable, 4, layout);
  return movable;
}

Napi::Value MovableAudioBuffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const AudioBufferPtr buffer = UnwrapAudioBuffer(info[0]);
  if (!IsMovable(buffer)) return env.Null();
  const Napi::Value memory = AdoptedArrayBuffer(env, buffer->owner());
  if (memory.IsEmpty()) return env.Null();
  Napi::Array movable = Napi::Array::New(env);
  napi_set_element(env, movable, 0, memory);
  napi_set_element(env, movable, 1, Napi::Number::New(env, OffsetIn(memory, buffer->plane(0))));
  return movable;
}

}  // namespace

void RegisterTransferBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("openLane", Napi::Function::New<OpenLane>(env));
  exports.Set("closeLane", Napi::Function::New<CloseLane>(env));
  exports.Set("dropInFlight", Napi::Function::New<DropInFlight>(env));
  exports.Set("sendPicture", Napi::Function::New<SendPicture>(env));
  exports.Set("sendAudioBuffer", Napi::Function::New<SendAudioBuffer>(env));
  exports.Set("receivePicture", Napi::Function::New<ReceivePicture>(env));
  exports.Set("receiveAudioBuffer", Napi::Function::New<ReceiveAudioBuffer>(env));
  exports.Set("movablePicture", Napi::Function::New<MovablePicture>(env));
  exports.Set("movableAudioBuffer", Napi::Function::New<MovableAudioBuffer>(env));
}

}  // namespace webcodecs
