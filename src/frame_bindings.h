// The part of lib/native/media.ts that is about pictures: making, sharing, copying and converting them.
#pragma once

#include <napi.h>

#include <memory>

#include "media/picture.h"
#include "media/staging.h"

namespace webcodecs {

void RegisterFrameBindings(Napi::Env env, Napi::Object exports);

// A handle that JavaScript holds; its finalizer gives the picture up if nobody closed it.
Napi::Value WrapPicture(Napi::Env env, PicturePtr picture);
// Null when the handle was closed.
PicturePtr UnwrapPicture(const Napi::Value& handle);

Napi::Value WrapStaging(Napi::Env env, std::shared_ptr<Staging> staging);

}  // namespace webcodecs
