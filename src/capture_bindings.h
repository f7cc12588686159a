// What the addon exports for webcodecs-native/capture; lib/native/capture.ts describes it.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterCaptureBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
