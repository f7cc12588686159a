#include "codec/codec_handle.h"

#include <cstring>

#include "util/ffmpeg_raii.h"

namespace webcodecs {

AVPacketPtr NewPacket(Napi::Env env, const Bytes& bytes) {
  AVPacketPtr packet(av_packet_alloc());
  if (!packet || av_new_packet(packet.get(), static_cast<int>(bytes.size)) < 0) {
    Napi::Error::New(env, "out of memory").ThrowAsJavaScriptException();
    return nullptr;
  }
  if (bytes.size > 0) std::memcpy(packet->data, bytes.data, bytes.size);
  return packet;
}

}  // namespace webcodecs
