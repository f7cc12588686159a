// What the plan for libvpx and the backend that carries it out agree on.
#pragma once

#include <algorithm>

namespace webcodecs::vpx {

// No key frame but the first and those that are asked for.
constexpr int kInfiniteGop = 1 << 30;

// For frames that come without a quantizer in quantizer mode.
constexpr int kDefaultQuantizer = 120;

// The quantizers of constant quality, where a configuration names no bitrate, of the library's 0..63: about what
// x264's 23 makes of a picture.
constexpr int kVp8ConstantQuality = 31;
constexpr int kVp9ConstantQuality = 38;

// An option of the backend's own: the share of its bitrate, in percent, that the library is known to use. The backend
// then watches the rate and corrects it.
constexpr char kExpectedRate[] = "expected-rate";

// Another: the backend lowers the coarsest quantizer while the library is slow to find its own.
constexpr char kFollowStart[] = "follow-start";

// The library's own quantizer, 0..63, for VP9's quantizer index of 0..255: it has one for each fourth index, and its
// last two stand for 249 and 255.
constexpr unsigned int QuantizerStep(int index) {
  if (index >= 252) return 63;
  if (index >= 247) return 62;
  return static_cast<unsigned int>((std::max(index, 0) + 2) / 4);
}

}  // namespace webcodecs::vpx
