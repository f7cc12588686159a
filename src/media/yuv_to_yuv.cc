#include "media/yuv_to_yuv.h"

#include <algorithm>
#include <cmath>

#include "media/pool_array.h"

#if defined(__x86_64__)
#define WEBCODECS_AVX2 __attribute__((target("avx2")))
#endif
#define WEBCODECS_INLINE inline __attribute__((always_inline))

namespace webcodecs {
namespace {

constexpr int kFractionBits = 14;

// Neutral chroma stays neutral whatever the luma, so that chroma depends on chroma only.
struct Factors {
  int32_t y_y, y_u, y_v, y_bias;
  int32_t u_u, u_v, u_bias;
  int32_t v_u, v_v, v_bias;
  int32_t max;
};

struct RgbToYuvMatrix {
  double m[3][3];
};

RgbToYuvMatrix GetRgbToYuvMatrix(int matrix) {
  if (matrix == kMatrixYcgco) return {{{0.25, 0.5, 0.25}, {-0.25, 0.5, -0.25}, {0.5, 0, -0.5}}};
  const LumaWeights k = GetLumaWeights(matrix);
  const double green = 1 - k.red - k.blue, u = 0.5 / (1 - k.blue), v = 0.5 / (1 - k.red);
  return {{{k.red, green, k.blue},
           {-k.red * u, -green * u, (1 - k.blue) * u},
           {(1 - k.red) * v, -green * v, -k.blue * v}}};
}

Factors GetFactors(const ColorSpace& from, int from_depth, const ColorSpace& to, int to_depth) {
  const int from_matrix = EffectiveMatrix(from.matrix), to_matrix = EffectiveMatrix(to.matrix);
  const YuvToRgbMatrix to_rgb = GetYuvToRgbMatrix(from_matrix);
  const RgbToYuvMatrix to_yuv = GetRgbToYuvMatrix(to_matrix);
  double m[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  if (from_matrix != to_matrix) {
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        m[i][j] = 0;
        for (int k = 0; k < 3; k++) m[i][j] += to_yuv.m[i][k] * static_cast<double>(to_rgb.m[k][j]);
      }
    }
  }
  const SampleScale a = GetSampleScale(from_matrix, IsFullRange(from), from_depth);
  const SampleScale b = GetSampleScale(to_matrix, IsFullRange(to), to_depth);
  const double unit = 1 << kFractionBits;
  const auto factor = [&](double value) { return static_cast<int32_t>(std::lround(value * unit)); };
  Factors f;
  f.y_y = factor(m[0][0] * a.y_scale / b.y_scale);
  f.y_u = factor(m[0][1] * a.c_scale / b.y_scale);
  f.y_v = factor(m[0][2] * a.c_scale / b.y_scale);
  f.u_u = factor(m[1][1] * a.c_scale / b.c_scale);
  f.u_v = factor(m[1][2] * a.c_scale / b.c_scale);
  f.v_u = factor(m[2][1] * a.c_scale / b.c_scale);
  f.v_v = factor(m[2][2] * a.c_scale / b.c_scale);
  // Offsets, with the rounding of the last shift, gathered in one number that the factors' own rounding agrees with.
  const int32_t half = 1 << (kFractionBits - 1);
  const auto offset = [&](double value) { return static_cast<int32_t>(std::lround(value * unit)); };
  const int32_t y0 = static_cast<int32_t>(a.y_offset), c0 = static_cast<int32_t>(a.c_offset);
  f.y_bias = offset(b.y_offset) - f.y_y * y0 - (f.y_u + f.y_v) * c0 + half;
  f.u_bias = offset(b.c_offset) - (f.u_u + f.u_v) * c0 + half;
  f.v_bias = offset(b.c_offset) - (f.v_u + f.v_v) * c0 + half;
  f.max = (1 << to_depth) - 1;
  return f;
}

WEBCODECS_INLINE int32_t Finish(int32_t sum, int32_t max) {
  return std::min(std::max(sum >> kFractionBits, int32_t{0}), max);
}

// What chroma adds to luma, one value for each sample of chroma.
template <typename In>
WEBCODECS_INLINE void LumaOffsets(const In* u, const In* v, int width, const Factors& f, int32_t* offsets) {
  for (int i = 0; i < width; i++) offsets[i] = f.y_u * u[i] + f.y_v * v[i] + f.y_bias;
}

template <typename In, typename Out>
WEBCODECS_INLINE void LumaRow(const In* y, const int32_t* offsets, int shift, int width, const Factors& f, Out* out) {
  if (!offsets) {
    for (int i = 0; i < width; i++) out[i] = static_cast<Out>(Finish(f.y_y * y[i] + f.y_bias, f.max));
  } else if (shift == 0) {
    for (int i = 0; i < width; i++) out[i] = static_cast<Out>(Finish(f.y_y * y[i] + offsets[i], f.max));
  } else {
    for (int i = 0; i < width / 2; i++) {
      out[2 * i] = static_cast<Out>(Finish(f.y_y * y[2 * i] + offsets[i], f.max));
      out[2 * i + 1] = static_cast<Out>(Finish(f.y_y * y[2 * i + 1] + offsets[i], f.max));
    }
    if (width % 2 != 0)
      out[width - 1] = static_cast<Out>(Finish(f.y_y * y[width - 1] + offsets[width / 2], f.max));
  }
}

template <typename In, typename Out>
WEBCODECS_INLINE void ChromaRow(const In* u, const In* v, int width, const Factors& f, Out* out_u, Out* out_v) {
  for (int i = 0; i < width; i++) {
    out_u[i] = static_cast<Out>(Finish(f.u_u * u[i] + f.u_v * v[i] + f.u_bias, f.max));
    out_v[i] = static_cast<Out>(Finish(f.v_u * u[i] + f.v_v * v[i] + f.v_bias, f.max));
  }
}

struct Conversion {
  YuvPlanes source;
  uint8_t* const* planes;
  const int* strides;
  int width, height;
  PlaneInfo chroma;
  Factors factors;
};

template <typename In, typename Out>
WEBCODECS_INLINE void Run(const Conversion& c, int32_t* offsets) {
  const auto in = [&](int plane, int row) {
    return reinterpret_cast<const In*>(c.source.data[plane] + static_cast<ptrdiff_t>(row) * c.source.stride[plane]);
  };
  const auto out = [&](int plane, int row) {
    return reinterpret_cast<Out*>(c.planes[plane] + static_cast<ptrdiff_t>(row) * c.strides[plane]);
  };
  const bool mixes = c.factors.y_u != 0 || c.factors.y_v != 0;
  const int shift = c.chroma.sample_width == 2 ? 1 : 0;
  const int chroma_width = PlaneWidth(c.chroma, c.width);
  for (int y = 0; y < c.height; y++) {
    const int chroma_y = y / c.chroma.sample_height;
    const bool new_chroma = y % c.chroma.sample_height == 0;
    if (mixes && new_chroma) LumaOffsets(in(1, chroma_y), in(2, chroma_y), chroma_width, c.factors, offsets);
    LumaRow(in(0, y), mixes ? offsets : nullptr, shift, c.width, c.factors, out(0, y));
    if (new_chroma) {
      ChromaRow(in(1, chroma_y), in(2, chroma_y), chroma_width, c.factors, out(1, chroma_y), out(2, chroma_y));
    }
  }
}

template <typename In, typename Out>
void RunPortable(const Conversion& c, int32_t* offsets) {
  Run<In, Out>(c, offsets);
}

#if defined(__x86_64__)
// The same code, and so the same bytes, compiled for wider vectors.
template <typename In, typename Out>
WEBCODECS_AVX2 void RunAvx2(const Conversion& c, int32_t* offsets) {
  Run<In, Out>(c, offsets);
}
#endif

template <typename In, typename Out>
void RunBest(const Conversion& c, int32_t* offsets) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return RunAvx2<In, Out>(c, offsets);
#endif
  RunPortable<In, Out>(c, offsets);
}

}  // namespace

bool CanConvertYuv(const ColorSpace& from, const ColorSpace& to) {
  return EffectiveMatrix(from.matrix) != kMatrixRgb && EffectiveMatrix(to.matrix) != kMatrixRgb;
}

void ConvertYuv(const YuvPlanes& source, PixelFormat from_format, const ColorSpace& from, int width, int height,
                PixelFormat to_format, const ColorSpace& to, uint8_t* const planes[4], const int strides[4]) {
  const PixelFormatInfo& from_info = GetPixelFormatInfo(from_format);
  const PixelFormatInfo& to_info = GetPixelFormatInfo(to_format);
  const Conversion c{source, planes,  strides,
                     width,  height,  from_info.planes[1],
                     GetFactors(from, from_info.bit_depth, to, to_info.bit_depth)};
  PoolArray<int32_t> offsets(static_cast<size_t>(width));
  const bool wide_in = from_info.bit_depth > 8, wide_out = to_info.bit_depth > 8;
  if (wide_in)
    wide_out ? RunBest<uint16_t, uint16_t>(c, offsets.data()) : RunBest<uint16_t, uint8_t>(c, offsets.data());
  else
    wide_out ? RunBest<uint8_t, uint16_t>(c, offsets.data()) : RunBest<uint8_t, uint8_t>(c, offsets.data());
}

}  // namespace webcodecs
