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

  // Replaces R'G'B' of the source in `row` by those of the target, clipped to 0..1.
  void Apply(int width, FloatRow* row) const;

 private:
  ColorTransform(int primaries, int transfer, bool to_display_p3);

  std::vector<float> to_linear_;  // SDR white is 1
  bool hlg_ = false;
  float luminance_[3];    // weights of the source's R, G and B in luminance
  float primaries_[3][3];  // linear source RGB -> linear target RGB
};

}  // namespace webcodecs
