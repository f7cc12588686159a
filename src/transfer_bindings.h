// What the addon exports for lib/worker.ts; lib/native/media.ts describes it.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterTransferBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
