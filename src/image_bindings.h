// The part of lib/native/images.ts that is about images.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterImageBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
