#include "media/yuv_to_rgb.h"

#include <cmath>

namespace webcodecs {
namespace {

int16_t Round(double value) { return static_cast<int16_t>(std::lround(value)); }

}  // namespace

YuvToRgbFactors GetYuvToRgbFactors(const ColorSpace& color, int bit_depth) {
  const int matrix = EffectiveMatrix(color.matrix);
  const YuvToRgbMatrix to_rgb = GetYuvToRgbMatrix(matrix);
  const SampleScale scale = GetSampleScale(matrix, IsFullRange(color), bit_depth);
  // A rounding multiplication takes (a * b) >> 15. Luma: sample << (15 - depth) times y leaves 64 * 255 * normalised;
  // chroma has one bit more to its left.
  const double depth_unit = 1 << bit_depth;
  const double y = 64 * 255 * scale.y_scale * depth_unit;
  const double c = 64 * 255 * scale.c_scale * depth_unit / 2;
  YuvToRgbFactors factors;
  factors.y = Round(y);
  factors.y_bias = Round(32 - y * scale.y_offset / depth_unit);
  factors.red_v = Round(c * to_rgb.m[0][2]);
  factors.green_u = Round(c * to_rgb.m[1][1]);
  factors.green_v = Round(c * to_rgb.m[1][2]);
  factors.blue_u = Round(c * to_rgb.m[2][1]);
  factors.alpha = Round(64 * 255 * depth_unit / (depth_unit - 1));
  factors.bit_depth = bit_depth;
  return factors;
}

}  // namespace webcodecs
