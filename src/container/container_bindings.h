// The part of lib/native/container.ts that is about containers.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterContainerBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
