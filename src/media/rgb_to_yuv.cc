#include "media/rgb_to_yuv.h"

#include <libyuv.h>

#include <algorithm>
#include <cmath>

#include "media/pool_array.h"

namespace webcodecs {
namespace {

constexpr int kFractionBits = 15;

uint8_t Clamp(int32_t value) { return static_cast<uint8_t>(std::clamp(value, int32_t{0}, int32_t{255})); }

int32_t Weigh(const int16_t (&factors)[3], int32_t first, int32_t second, int32_t third) {
  return factors[0] * first + factors[1] * second + factors[2] * third;
}

// `extra_bits`: the sums are of 2^extra_bits pixels.
uint8_t Finish(int32_t sum, int32_t offset, int extra_bits) {
  const int bits = kFractionBits + extra_bits;
  return Clamp((sum + (offset << bits) + (int32_t{1} << (bits - 1))) >> bits);
}

void LumaRow(const uint8_t* pixels, int width, const RgbToYuvCoefficients& c, uint8_t* y) {
  for (int i = 0; i < width; i++, pixels += 4)
    y[i] = Finish(Weigh(c.y, pixels[0], pixels[1], pixels[2]), c.y_offset, 0);
}

void ChromaFullRow(const uint8_t* pixels, int width, const RgbToYuvCoefficients& c, uint8_t* u, uint8_t* v) {
  for (int i = 0; i < width; i++, pixels += 4) {
    u[i] = Finish(Weigh(c.u, pixels[0], pixels[1], pixels[2]), 128, 0);
    v[i] = Finish(Weigh(c.v, pixels[0], pixels[1], pixels[2]), 128, 0);
  }
}

void ChromaHalfRow(const uint8_t* row0, const uint8_t* row1, int width, const RgbToYuvCoefficients& c, uint8_t* u,
                   uint8_t* v) {
  for (int i = 0; i < width; i += 2) {
    const int left = 4 * i, right = i + 1 < width ? left + 4 : left;
    int32_t sum[3];
    for (int k = 0; k < 3; k++) sum[k] = row0[left + k] + row0[right + k] + row1[left + k] + row1[right + k];
    u[i / 2] = Finish(Weigh(c.u, sum[0], sum[1], sum[2]), 128, 2);
    v[i / 2] = Finish(Weigh(c.v, sum[0], sum[1], sum[2]), 128, 2);
  }
}

const RgbToYuvRows& BestRows() {
  static const RgbToYuvRows* rows = GetRgbToYuvAvx2();
  return rows ? *rows : kRgbToYuvPortable;
}

// `sum` is what the factors must add up to, so that greys come out exactly.
void SetFactors(const double (&rgb)[3], double sum, bool blue_first, int16_t (&factors)[3]) {
  const double unit = 1 << kFractionBits;
  const int red = static_cast<int>(std::lround(rgb[0] * unit)), blue = static_cast<int>(std::lround(rgb[2] * unit));
  const int green = static_cast<int>(std::lround(sum * unit)) - red - blue;
  factors[0] = static_cast<int16_t>(blue_first ? blue : red);
  factors[1] = static_cast<int16_t>(green);
  factors[2] = static_cast<int16_t>(blue_first ? red : blue);
}

}  // namespace

const RgbToYuvRows kRgbToYuvPortable = {LumaRow, ChromaFullRow, ChromaHalfRow};

RgbToYuvCoefficients GetRgbToYuvCoefficients(const ColorSpace& color, bool blue_first) {
  const int matrix = EffectiveMatrix(color.matrix);
  const bool full = IsFullRange(color);
  const double y_scale = full ? 1 : 219.0 / 255, c_scale = full ? 1 : 224.0 / 255;
  RgbToYuvCoefficients c;
  c.y_offset = full ? 0 : 16;
  if (matrix == kMatrixYcgco) {
    SetFactors({0.25 * y_scale, 0.5 * y_scale, 0.25 * y_scale}, y_scale, blue_first, c.y);
    SetFactors({-0.25 * c_scale, 0.5 * c_scale, -0.25 * c_scale}, 0, blue_first, c.u);
    SetFactors({0.5 * c_scale, 0, -0.5 * c_scale}, 0, blue_first, c.v);
    return c;
  }
  const LumaWeights k = GetLumaWeights(matrix);
  const double green = 1 - k.red - k.blue;
  const double u_scale = c_scale * 0.5 / (1 - k.blue), v_scale = c_scale * 0.5 / (1 - k.red);
  SetFactors({k.red * y_scale, green * y_scale, k.blue * y_scale}, y_scale, blue_first, c.y);
  SetFactors({-k.red * u_scale, -green * u_scale, (1 - k.blue) * u_scale}, 0, blue_first, c.u);
  SetFactors({(1 - k.red) * v_scale, -green * v_scale, -k.blue * v_scale}, 0, blue_first, c.v);
  return c;
}

bool CanConvertRgbToYuv(PixelFormat format, const ColorSpace& color) {
  if (EffectiveMatrix(color.matrix) == kMatrixRgb) return false;
  return format == PixelFormat::kI420 || format == PixelFormat::kI422 || format == PixelFormat::kI444 ||
         format == PixelFormat::kNV12;
}

void RgbToYuv(const uint8_t* pixels, ptrdiff_t stride, bool blue_first, int width, int height, const ColorSpace& color,
              PixelFormat format, uint8_t* const planes[4], const int strides[4]) {
  const RgbToYuvRows& rows = BestRows();
  const RgbToYuvCoefficients c = GetRgbToYuvCoefficients(color, blue_first);
  const PlaneInfo& chroma = GetPixelFormatInfo(format).planes[1];
  const int chroma_width = (width + 1) / 2;
  const bool interleaved = format == PixelFormat::kNV12;
  PoolArray<uint8_t> separate(interleaved ? 2 * static_cast<size_t>(chroma_width) : 0);
  for (int y = 0; y < height; y += chroma.sample_height) {
    const uint8_t* row0 = pixels + y * stride;
    // An odd last row counts twice.
    const bool two_rows = chroma.sample_height == 2 && y + 1 < height;
    const uint8_t* row1 = two_rows ? row0 + stride : row0;
    rows.luma(row0, width, c, planes[0] + static_cast<ptrdiff_t>(y) * strides[0]);
    if (two_rows) rows.luma(row1, width, c, planes[0] + static_cast<ptrdiff_t>(y + 1) * strides[0]);
    const ptrdiff_t chroma_row = y / chroma.sample_height;
    uint8_t* u = planes[1] + chroma_row * strides[1];
    if (interleaved) {
      rows.chroma_half(row0, row1, width, c, separate.data(), separate.data() + chroma_width);
      libyuv::MergeUVPlane(separate.data(), 0, separate.data() + chroma_width, 0, u, 0, chroma_width, 1);
      continue;
    }
    uint8_t* v = planes[2] + chroma_row * strides[2];
    if (chroma.sample_width == 2)
      rows.chroma_half(row0, row1, width, c, u, v);
    else
      rows.chroma_full(row0, width, c, u, v);
  }
}

}  // namespace webcodecs
