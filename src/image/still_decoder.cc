#include "image/still_decoder.h"

#include <climits>

#include "media/frame_pool.h"

namespace webcodecs {

Status StillDecoder::Open() {
  const AVCodec* codec = avcodec_find_decoder(codec_id_);
  if (!codec) return Status(StatusCode::kNotSupported, "this build of FFmpeg has no decoder for the image");
  AVCodecContextPtr context(avcodec_alloc_context3(codec));
  if (!context) return Status(StatusCode::kOutOfMemory, "out of memory");
  context->thread_count = 1;  // frame threads would hold the picture back
  context->max_pixels = kMaxImagePixels;
  // Its buffers are zero at first: what a broken file leaves unwritten shows nothing but earlier frames of that file.
  const int result = avcodec_open2(context.get(), codec, nullptr);
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, codec->name, result);
  context_ = std::move(context);
  return Status::Ok();
}

Status StillDecoder::Decode(const uint8_t* data, size_t size, AVFramePtr* out) {
  if (!context_) {
    if (Status status = Open(); !status.ok()) return status;
  } else {
    avcodec_flush_buffers(context_.get());
  }
  if (size > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE) return BadImage("the image has too many bytes");
  AVPacketPtr packet = MakePoolPacket(data, size);
  AVFramePtr frame(av_frame_alloc());
  if (!packet || !frame) return Status(StatusCode::kOutOfMemory, "out of memory");
  packet->flags |= AV_PKT_FLAG_KEY;
  int result = avcodec_send_packet(context_.get(), packet.get());
  if (result >= 0) result = avcodec_receive_frame(context_.get(), frame.get());
  // A decoder that waits for more than the whole file found no picture in it.
  if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return BadImage("the image has no picture");
  if (result < 0) return Status::FromAv(StatusCode::kEncoding, "the image cannot be decoded", result);
  *out = std::move(frame);
  return Status::Ok();
}

std::vector<uint8_t> IccProfileOf(const AVFrame& frame) {
  const AVFrameSideData* side = av_frame_get_side_data(&frame, AV_FRAME_DATA_ICC_PROFILE);
  if (!side) return {};
  return std::vector<uint8_t>(side->data, side->data + side->size);
}

}  // namespace webcodecs
