#include "codec/codec_handle.h"

#include "media/frame_pool.h"

namespace webcodecs {

AVPacketPtr NewPacket(Napi::Env env, const Bytes& bytes) {
  AVPacketPtr packet = MakePoolPacket(bytes.data, bytes.size);
  if (!packet) Napi::Error::New(env, "out of memory").ThrowAsJavaScriptException();
  return packet;
}

}  // namespace webcodecs
