#include "audio/audio_data_bindings.h"

#include <cstring>
#include <utility>

#include "media/adopted_buffer.h"
#include "media/frame_pool.h"
#include "util/media_handle.h"
#include "util/napi_util.h"

namespace webcodecs {

namespace {

Napi::Value ThrowClosed(Napi::Env env) {
  Napi::TypeError::New(env, "The audio buffer is closed").ThrowAsJavaScriptException();
  return env.Undefined();
}

// lib/ has checked all bounds already; here that keeps an error there from reaching foreign memory.
Napi::Value ThrowOutOfBounds(Napi::Env env) {
  Napi::RangeError::New(env, "Samples reach past the end of the buffer").ThrowAsJavaScriptException();
  return env.Undefined();
}

// A copy in pool memory, or the user's own memory where it can be read in place.
AudioBufferPtr MakeBuffer(napi_env env, SampleFormat format, int channels, size_t frames, const Bytes& bytes,
                          size_t size, bool adopt) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data) % SampleBytes(format.type) == 0;
  if (adopt && aligned) {
    return AudioBuffer::FromMemory(format, channels, frames, bytes.data, AdoptBuffer(env, bytes), true);
  }
  PoolBufferPtr copy = FramePool::Global().Acquire(size, AllocationKind::kCopy);
  if (!copy) return nullptr;
  std::memcpy(copy->data(), bytes.data, size);
  const uint8_t* data = copy->data();
  return AudioBuffer::FromMemory(format, channels, frames, data, WrapPoolBuffer(std::move(copy)), false);
}

Napi::Value CreateAudioBuffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const SampleFormat format = SampleFormat::FromIndex(ReadInt(info[0]));
  const int64_t channels = ReadInt64(info[1]);
  const int64_t frames = ReadInt64(info[2]);
  const Bytes bytes = ReadBytes(env, info[3]);
  constexpr int64_t kLimit = int64_t{1} << 32;  // keeps the product below from overflowing
  if (channels <= 0 || channels > INT32_MAX || frames <= 0 || frames >= kLimit) return ThrowOutOfBounds(env);
  const size_t frame_bytes = static_cast<size_t>(channels) * SampleBytes(format.type);
  if (frame_bytes > bytes.size / static_cast<size_t>(frames)) return ThrowOutOfBounds(env);
  const size_t size = frame_bytes * static_cast<size_t>(frames);
  AudioBufferPtr buffer = MakeBuffer(env, format, static_cast<int>(channels), static_cast<size_t>(frames), bytes, size,
                                     ReadBool(info[4]));
  if (!buffer) {
    Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  return WrapAudioBuffer(env, std::move(buffer));
}

Napi::Value CloneAudioBuffer(const Napi::CallbackInfo& info) {
  AudioBufferPtr buffer = UnwrapAudioBuffer(info[0]);
  return buffer ? WrapAudioBuffer(info.Env(), std::move(buffer)) : ThrowClosed(info.Env());
}

Napi::Value CopySamples(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const AudioBufferPtr buffer = UnwrapAudioBuffer(info[0]);
  if (!buffer) return ThrowClosed(env);
  const SampleFormat format = SampleFormat::FromIndex(ReadInt(info[1]));
  const int64_t plane = ReadInt64(info[2]), offset = ReadInt64(info[3]), count = ReadInt64(info[4]);
  const Bytes destination = ReadBytes(env, info[5]);
  const int64_t frames = static_cast<int64_t>(buffer->frames());
  const bool inside = offset >= 0 && count >= 0 && offset <= frames && count <= frames - offset && plane >= 0 &&
                      plane < (format.planar ? buffer->channels() : 1);
  const size_t frame_bytes = SampleBytes(format.type) * (format.planar ? 1 : static_cast<size_t>(buffer->channels()));
  if (!inside || static_cast<size_t>(count) > destination.size / frame_bytes) return ThrowOutOfBounds(env);
  if (count > 0) {
    buffer->Copy(format, static_cast<int>(plane), static_cast<size_t>(offset), static_cast<size_t>(count),
                 destination.data);
  }
  return env.Undefined();
}

}  // namespace

Napi::Value WrapAudioBuffer(Napi::Env env, AudioBufferPtr buffer) {
  return WrapMedia(env, std::move(buffer), GlobalCounters().audio_data);
}

AudioBufferPtr UnwrapAudioBuffer(const Napi::Value& handle) { return UnwrapMedia<AudioBuffer>(handle); }

void RegisterAudioDataBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("createAudioBuffer", Napi::Function::New<CreateAudioBuffer>(env));
  exports.Set("cloneAudioBuffer", Napi::Function::New<CloneAudioBuffer>(env));
  exports.Set("closeAudioBuffer", Napi::Function::New<CloseMedia<AudioBuffer>>(env));
  exports.Set("copySamples", Napi::Function::New<CopySamples>(env));
}

}  // namespace webcodecs
