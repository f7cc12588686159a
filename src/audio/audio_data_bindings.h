// What the addon exports for AudioData; lib/native/media.ts describes it.
#pragma once

#include <napi.h>

#include "audio/audio_buffer.h"

namespace webcodecs {

Napi::Value WrapAudioBuffer(Napi::Env env, AudioBufferPtr buffer);
// Null when the handle is closed.
AudioBufferPtr UnwrapAudioBuffer(const Napi::Value& handle);

void RegisterAudioDataBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
