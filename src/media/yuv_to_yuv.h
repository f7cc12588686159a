// From one YUV matrix, range or bit depth to another, without swscale's slow detour through RGB of 8 bits, which clips.
#pragma once

#include "media/color.h"
#include "media/pixel_format.h"

namespace webcodecs {

// Three planes in memory.
struct YuvPlanes {
  const uint8_t* data[3];
  int stride[3];
};

// Whether ConvertYuv knows both matrices: neither may be kMatrixRgb.
bool CanConvertYuv(const ColorSpace& from, const ColorSpace& to);

// Both formats are planar, without alpha, and have the same sub-sampling.
void ConvertYuv(const YuvPlanes& source, PixelFormat from_format, const ColorSpace& from, int width, int height,
                PixelFormat to_format, const ColorSpace& to, uint8_t* const planes[4], const int strides[4]);

}  // namespace webcodecs
