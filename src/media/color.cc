#include "media/color.h"

namespace webcodecs {

int EffectiveMatrix(int matrix) {
  switch (matrix) {
    case kMatrixRgb:
    case kMatrixFcc:
    case kMatrixSmpte240m:
    case kMatrixYcgco:
      return matrix;
    case kMatrixBt470bg:
    case kMatrixSmpte170m:
      return kMatrixSmpte170m;
    case kMatrixBt2020Ncl:
    case kMatrixBt2020Cl:
      return kMatrixBt2020Ncl;
    default:
      return kMatrixBt709;
  }
}

bool IsFullRange(const ColorSpace& color) {
  return color.full_range < 0 ? color.matrix == kMatrixRgb : color.full_range == 1;
}

LumaWeights GetLumaWeights(int matrix) {
  switch (matrix) {
    case kMatrixFcc:
      return {0.30, 0.11};
    case kMatrixSmpte170m:
      return {0.299, 0.114};
    case kMatrixSmpte240m:
      return {0.212, 0.087};
    case kMatrixBt2020Ncl:
      return {0.2627, 0.0593};
    default:
      return {0.2126, 0.0722};
  }
}

YuvToRgbMatrix GetYuvToRgbMatrix(int matrix) {
  if (matrix == kMatrixRgb) return {{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
  if (matrix == kMatrixYcgco) return {{{1, -1, 1}, {1, 1, 0}, {1, -1, -1}}};
  const LumaWeights k = GetLumaWeights(matrix);
  const double green = 1 - k.red - k.blue;
  const double red_cr = 2 * (1 - k.red), blue_cb = 2 * (1 - k.blue);
  return {{{1, 0, static_cast<float>(red_cr)},
           {1, static_cast<float>(-blue_cb * k.blue / green), static_cast<float>(-red_cr * k.red / green)},
           {1, static_cast<float>(blue_cb), 0}}};
}

SampleScale GetSampleScale(int matrix, bool full_range, int bit_depth) {
  const float unit = static_cast<float>(1 << (bit_depth - 8));
  const float full = static_cast<float>((1 << bit_depth) - 1);
  SampleScale scale;
  if (full_range)
    scale = {0, 1 / full, 128 * unit, 1 / full};
  else
    scale = {16 * unit, 1 / (219 * unit), 128 * unit, 1 / (224 * unit)};
  if (matrix == kMatrixRgb) {
    scale.c_offset = scale.y_offset;
    scale.c_scale = scale.y_scale;
  }
  return scale;
}

}  // namespace webcodecs
