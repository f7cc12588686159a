// RGB to YUV with any matrix and range. libyuv has this direction for BT.601 only. Every implementation gives the
// same bytes: fixed-point sums of 15 fractional bits, rounded once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "media/color.h"
#include "media/pixel_format.h"

namespace webcodecs {

// Factors of the first, second and third byte of a pixel (so red or blue first), times 2^15.
struct RgbToYuvCoefficients {
  int16_t y[3], u[3], v[3];
  int32_t y_offset;  // 0 or 16
};

// `color.matrix` must not be kMatrixRgb.
RgbToYuvCoefficients GetRgbToYuvCoefficients(const ColorSpace& color, bool blue_first);

// Rows of 4-byte pixels. Chroma of two pixels by two is the exact mean; an odd last column counts twice.
struct RgbToYuvRows {
  void (*luma)(const uint8_t* pixels, int width, const RgbToYuvCoefficients& c, uint8_t* y);
  void (*chroma_full)(const uint8_t* pixels, int width, const RgbToYuvCoefficients& c, uint8_t* u, uint8_t* v);
  // Writes (width + 1) / 2 samples to each of `u` and `v`.
  void (*chroma_half)(const uint8_t* row0, const uint8_t* row1, int width, const RgbToYuvCoefficients& c, uint8_t* u,
                      uint8_t* v);
};
extern const RgbToYuvRows kRgbToYuvPortable;
// Null where the processor has no AVX2.
const RgbToYuvRows* GetRgbToYuvAvx2();

// Whether RgbToYuv has a path to `format`: 8-bit 4:2:0, 4:2:2 and 4:4:4, planar or NV12.
bool CanConvertRgbToYuv(PixelFormat format, const ColorSpace& color);
void RgbToYuv(const uint8_t* pixels, ptrdiff_t stride, bool blue_first, int width, int height, const ColorSpace& color,
              PixelFormat format, uint8_t* const planes[4], const int strides[4]);

}  // namespace webcodecs
