// What the plan for libaom and the backend that carries it out agree on.
#pragma once

#include <algorithm>

namespace webcodecs::aom {

// For frames that come without a quantizer in quantizer mode.
constexpr int kDefaultQuantizer = 120;

// The library's own quantizer, 0..63, nearest to AV1's base_q_idx of 0..255: it has one for each fourth index, and its
// last two stand for 249 and 255.
constexpr unsigned int QuantizerStep(int index) {
  if (index >= 252) return 63;
  if (index >= 247) return 62;
  return static_cast<unsigned int>((std::max(index, 0) + 2) / 4);
}

}  // namespace webcodecs::aom
