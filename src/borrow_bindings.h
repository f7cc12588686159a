// Memory of media resources that JavaScript reads in place.
#pragma once

#include <napi.h>

namespace webcodecs {

void RegisterBorrowBindings(Napi::Env env, Napi::Object exports);

}  // namespace webcodecs
