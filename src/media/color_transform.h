// From a source's primaries and transfer characteristics to sRGB or Display P3, by way of linear light.
#pragma once

#include <memory>
#include <vector>

#include "media/color.h"
#include "media/float_rows.h"

namespace webcodecs {

class ColorTransform {
 public:
  // Null when the pixels are right as they are: then R'G'B' of the source are R'G'B' of the target. The same few
  // transforms are made once for the process.
  static std::shared_ptr<const ColorTransform> Find(const ColorSpace& source, bool to_display_p3);

  // Writes R'G'B' of the target, clipped to 0..1, as 4-byte pixels; the alpha byte is 255 when `opaque`.
  void Store(const FloatRow& row, int width, bool blue_first, bool opaque, uint8_t* pixels) const;

 private:
  ColorTransform(int primaries, int transfer, bool to_display_p3);
  void StoreBlock(const float* const (&rgb)[3], int width, uint8_t (*bytes)[3]) const;

  std::vector<float> to_linear_;  // SDR white is 1
  // For HLG: what a scene luminance of 0..1 multiplies the colours with. Empty for other transfers.
  std::vector<float> hlg_gain_;
  float luminance_[3];     // weights of the source's R, G and B in luminance
  float primaries_[3][3];  // linear source RGB -> linear target RGB
};

}  // namespace webcodecs
