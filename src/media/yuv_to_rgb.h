// YUV to RGB with any matrix and range, within one of the exact value. On x86, libyuv's own functions are as fast but
// hold the factor of blue in a signed byte that is too small for BT.709 and BT.2020: saturated blue comes out up to 18
// too dark.
#pragma once

#include <cstdint>

#include "media/color.h"
#include "media/pixel_format.h"

namespace webcodecs {

// Samples are shifted up to fill 15 bits (luma, alpha) or 16 (chroma, around zero) and multiplied; the sums have 6
// fractional bits.
struct YuvToRgbFactors {
  int16_t y, y_bias;
  int16_t blue_u, green_u, green_v, red_v;
  int16_t alpha;
  int bit_depth;
};

// `color.matrix` must be one with luma weights.
YuvToRgbFactors GetYuvToRgbFactors(const ColorSpace& color, int bit_depth);

// The beginnings of a row in each plane; samples are uint8_t, or uint16_t above 8 bits.
struct YuvRow {
  const void* y;
  const void* u;  // of NV12: the row of pairs
  const void* v;
  const void* alpha;  // null: the alpha byte is 255
};

// Converts one row to 4-byte pixels. The first pixel must be the first of those that share its chroma sample.
using YuvToRgbRow = void (*)(const YuvRow& row, int width, const YuvToRgbFactors& factors, bool blue_first,
                             uint8_t* pixels);

// Null where the processor has no AVX2.
YuvToRgbRow GetYuvToRgbRowAvx2(PixelFormat format);

}  // namespace webcodecs
