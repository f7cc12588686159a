// Pictures that devices are asked to decode before anybody is told that they can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "util/ffmpeg_raii.h"

namespace webcodecs {

// One key frame with everything that is needed to decode it, in Annex B where the codec has NAL units: 256x256 samples,
// more than any device's least, all of them in the middle of their range.
struct ProbePicture {
  const char* codec;
  int bit_depth;
  const uint8_t* data;
  size_t size;
};

// Null for what no device is asked for: other formats than 4:2:0 in 8 bits or, but for H.264 and VP8, in 10.
const ProbePicture* FindProbePicture(const std::string& codec, int bit_depth, int chroma);

// Whether a frame in system memory is that picture, decoded to this bit depth.
bool IsProbePicture(const AVFrame& frame, int bit_depth);

}  // namespace webcodecs
