#include "media/float_rows.h"

#include <algorithm>

namespace webcodecs {
namespace {

// `step` is the distance of a plane's samples, `shift` its horizontal sub-sampling.
template <typename Sample>
void Normalise(const Sample* samples, int step, int shift, int x, int width, float offset, float scale, float* out) {
  if (shift == 0 && step == 1) {
    for (int i = 0; i < width; i++) out[i] = (static_cast<float>(samples[x + i]) - offset) * scale;
    return;
  }
  for (int i = 0; i < width; i++)
    out[i] = (static_cast<float>(samples[((x + i) >> shift) * step]) - offset) * scale;
}

uint8_t ToByte(float value) { return static_cast<uint8_t>(std::min(std::max(value * 255.0f + 0.5f, 0.0f), 255.0f)); }

}  // namespace

FloatRowReader::FloatRowReader(const Picture& picture, PixelFormat source_format, const ColorSpace& color)
    : picture_(picture), info_(GetPixelFormatInfo(source_format)), format_(source_format) {
  const int matrix = EffectiveMatrix(color.matrix);
  scale_ = GetSampleScale(matrix, IsFullRange(color), info_.bit_depth);
  matrix_ = GetYuvToRgbMatrix(matrix);
}

void FloatRowReader::Read(int x, int y, int width, FloatRow* row) const {
  if (info_.is_rgb)
    ReadPacked(x, y, width, row);
  else if (info_.bit_depth > 8)
    ReadPlanar<uint16_t>(x, y, width, row);
  else
    ReadPlanar<uint8_t>(x, y, width, row);
}

template <typename Sample>
void FloatRowReader::ReadPlanar(int x, int y, int width, FloatRow* row) const {
  const auto row_of = [&](int plane) {
    const ptrdiff_t plane_row = y / info_.planes[plane].sample_height;
    return reinterpret_cast<const Sample*>(picture_.data(plane) + plane_row * picture_.stride(plane));
  };
  const bool interleaved = format_ == PixelFormat::kNV12;
  const Sample* u = row_of(1);
  const Sample* v = interleaved ? u + 1 : row_of(2);
  const int step = interleaved ? 2 : 1;
  const int shift = info_.planes[1].sample_width == 2 ? 1 : 0;
  // Y', Cb and Cr first stand where R', G' and B' will.
  float* r = row->r;
  float* g = row->g;
  float* b = row->b;
  Normalise(row_of(0), 1, 0, x, width, scale_.y_offset, scale_.y_scale, r);
  Normalise(u, step, shift, x, width, scale_.c_offset, scale_.c_scale, g);
  Normalise(v, step, shift, x, width, scale_.c_offset, scale_.c_scale, b);
  const auto& m = matrix_.m;
  for (int i = 0; i < width; i++) {
    const float luma = r[i], cb = g[i], cr = b[i];
    r[i] = m[0][0] * luma + m[0][1] * cb + m[0][2] * cr;
    g[i] = m[1][0] * luma + m[1][1] * cb + m[1][2] * cr;
    b[i] = m[2][0] * luma + m[2][1] * cb + m[2][2] * cr;
  }
  if (info_.has_alpha)
    Normalise(row_of(3), 1, 0, x, width, 0, 1.0f / static_cast<float>((1 << info_.bit_depth) - 1), row->a);
  else
    std::fill_n(row->a, width, 1.0f);
}

void FloatRowReader::ReadPacked(int x, int y, int width, FloatRow* row) const {
  const uint8_t* pixel = picture_.data(0) + static_cast<ptrdiff_t>(y) * picture_.stride(0) + x * ptrdiff_t{4};
  const bool blue_first = format_ == PixelFormat::kBGRA || format_ == PixelFormat::kBGRX;
  float* first = blue_first ? row->b : row->r;
  float* third = blue_first ? row->r : row->b;
  constexpr float kScale = 1.0f / 255.0f;
  for (int i = 0; i < width; i++, pixel += 4) {
    first[i] = pixel[0] * kScale;
    row->g[i] = pixel[1] * kScale;
    third[i] = pixel[2] * kScale;
    row->a[i] = info_.has_alpha ? pixel[3] * kScale : 1.0f;
  }
}

void StoreRgb8(const FloatRow& row, int width, bool blue_first, bool opaque, uint8_t* destination) {
  const float* first = blue_first ? row.b : row.r;
  const float* second = row.g;
  const float* third = blue_first ? row.r : row.b;
  const float* alpha = row.a;
  for (int i = 0; i < width; i++) {
    destination[4 * i] = ToByte(first[i]);
    destination[4 * i + 1] = ToByte(second[i]);
    destination[4 * i + 2] = ToByte(third[i]);
    destination[4 * i + 3] = opaque ? 255 : ToByte(alpha[i]);
  }
}

}  // namespace webcodecs
