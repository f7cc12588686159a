// What the addon exports for webcodecs-native/diagnostics.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterDiagnosticsBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
