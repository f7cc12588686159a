// What the addon exports for the audio codecs; lib/native/codecs.ts describes it.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterAudioCodecBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
