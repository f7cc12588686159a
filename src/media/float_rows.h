// The way for everything that libyuv has no function for: rows of any planar or packed format as R'G'B' in floats.
#pragma once

#include "media/color.h"
#include "media/picture.h"
#include "media/pool_array.h"

namespace webcodecs {

// Non-linear R', G', B' and alpha, nominally 0..1 and not clamped.
class FloatRow {
 public:
  explicit FloatRow(int width) : FloatRow((static_cast<size_t>(width) + 15) & ~size_t{15}) {}

 private:
  explicit FloatRow(size_t stride)
      : memory_(4 * stride), r(memory_.data()), g(r + stride), b(g + stride), a(b + stride) {}
  PoolArray<float> memory_;

 public:
  float *const r, *const g, *const b, *const a;
};

class FloatRowReader {
 public:
  // `source_format` may hide the picture's alpha plane. The picture must outlive the reader.
  FloatRowReader(const Picture& picture, PixelFormat source_format, const ColorSpace& color);
  // Chroma is repeated, not interpolated, as libyuv does. `row` has room for `width` pixels.
  void Read(int x, int y, int width, FloatRow* row) const;

 private:
  template <typename Sample>
  void ReadPlanar(int x, int y, int width, FloatRow* row) const;
  void ReadPacked(int x, int y, int width, FloatRow* row) const;

  const Picture& picture_;
  const PixelFormatInfo& info_;
  PixelFormat format_;
  SampleScale scale_;
  YuvToRgbMatrix matrix_;
};

// Rounds, clamps and interleaves a row; the alpha byte is 255 when `opaque`.
void StoreRgb8(const FloatRow& row, int width, bool blue_first, bool opaque, uint8_t* destination);

}  // namespace webcodecs
