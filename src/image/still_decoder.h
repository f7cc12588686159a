// One still image in, one picture out, by a decoder of FFmpeg's.
#pragma once

#include "image/image_reader.h"

namespace webcodecs {

class StillDecoder {
 public:
  explicit StillDecoder(AVCodecID codec_id) : codec_id_(codec_id) {}
  // `data` is a whole file of the format.
  Status Decode(const uint8_t* data, size_t size, AVFramePtr* frame);
  static bool Has(AVCodecID codec_id) { return avcodec_find_decoder(codec_id) != nullptr; }

 private:
  Status Open();
  AVCodecID codec_id_;
  AVCodecContextPtr context_;
};

// The ICC profile that FFmpeg found in the file; empty for none.
std::vector<uint8_t> IccProfileOf(const AVFrame& frame);

}  // namespace webcodecs
