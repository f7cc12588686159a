// Memory that JavaScript gave away: an ArrayBuffer that no other code can reach.
#pragma once

#include "util/ffmpeg_raii.h"
#include "util/napi_util.h"

namespace webcodecs {

// Holds the ArrayBuffer of `bytes` until the last owner, on whatever thread, is gone; then it goes back to JavaScript
// when there is a `return_id`. Null when memory is out.
AVBufferRefPtr AdoptBuffer(napi_env env, const Bytes& bytes, int32_t return_id = 0);

// The ArrayBuffer that `owner` holds, which this environment adopted. Empty when it is to go back to JavaScript.
Napi::Value AdoptedArrayBuffer(Napi::Env env, const AVBufferRef* owner);

}  // namespace webcodecs
