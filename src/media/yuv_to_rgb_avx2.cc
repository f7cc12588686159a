#include "media/yuv_to_rgb.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#define WEBCODECS_AVX2 __attribute__((target("avx2")))

namespace webcodecs {
namespace {

constexpr int kPixelsPerStep = 32;

enum class Chroma { kFull, kHalf, kInterleavedHalf };

struct Factors {
  __m256i y, y_bias, blue_u, green_u, green_v, red_v, alpha;
  __m256i half, max;
  __m128i y_shift, c_shift;
  bool blue_first;
};

WEBCODECS_AVX2 Factors LoadFactors(const YuvToRgbFactors& f, bool blue_first) {
  Factors out;
  out.y = _mm256_set1_epi16(f.y);
  out.y_bias = _mm256_set1_epi16(f.y_bias);
  out.blue_u = _mm256_set1_epi16(f.blue_u);
  out.green_u = _mm256_set1_epi16(f.green_u);
  out.green_v = _mm256_set1_epi16(f.green_v);
  out.red_v = _mm256_set1_epi16(f.red_v);
  out.alpha = _mm256_set1_epi16(f.alpha);
  out.half = _mm256_set1_epi16(static_cast<int16_t>(1 << (f.bit_depth - 1)));
  out.max = _mm256_set1_epi16(static_cast<int16_t>((1 << f.bit_depth) - 1));
  out.y_shift = _mm_cvtsi32_si128(15 - f.bit_depth);
  out.c_shift = _mm_cvtsi32_si128(16 - f.bit_depth);
  out.blue_first = blue_first;
  return out;
}

WEBCODECS_AVX2 inline __m256i Load16(const uint8_t* samples, const Factors&) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(samples)));
}

// Bits above the depth have no meaning, but users' data may have them.
WEBCODECS_AVX2 inline __m256i Load16(const uint16_t* samples, const Factors& f) {
  return _mm256_min_epu16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(samples)), f.max);
}

// What the chroma of 16 samples adds to each colour.
struct Differences {
  __m256i blue, green, red;
};

WEBCODECS_AVX2 inline Differences GetDifferences(__m256i u, __m256i v, const Factors& f) {
  u = _mm256_sll_epi16(_mm256_sub_epi16(u, f.half), f.c_shift);
  v = _mm256_sll_epi16(_mm256_sub_epi16(v, f.half), f.c_shift);
  return {_mm256_mulhrs_epi16(u, f.blue_u),
          _mm256_adds_epi16(_mm256_mulhrs_epi16(u, f.green_u), _mm256_mulhrs_epi16(v, f.green_v)),
          _mm256_mulhrs_epi16(v, f.red_v)};
}

// 8 of 16 values, each twice: the first ones, or the last ones.
WEBCODECS_AVX2 inline void Twice(__m256i value, __m256i* first, __m256i* last) {
  value = _mm256_permute4x64_epi64(value, 0xd8);  // so that the unpacks, which work on halves, keep the order
  *first = _mm256_unpacklo_epi16(value, value);
  *last = _mm256_unpackhi_epi16(value, value);
}

// The sums saturate at 32767, which is 511 with its fraction gone, and packing then clamps them to 255.
WEBCODECS_AVX2 inline void Store16(__m256i y, const Differences& d, __m256i alpha, const Factors& f, uint8_t* pixels) {
  y = _mm256_adds_epi16(_mm256_mulhrs_epi16(_mm256_sll_epi16(y, f.y_shift), f.y), f.y_bias);
  const __m256i blue = _mm256_srai_epi16(_mm256_adds_epi16(y, d.blue), 6);
  const __m256i green = _mm256_srai_epi16(_mm256_adds_epi16(y, d.green), 6);
  const __m256i red = _mm256_srai_epi16(_mm256_adds_epi16(y, d.red), 6);
  const __m256i outer = f.blue_first ? _mm256_packus_epi16(blue, red) : _mm256_packus_epi16(red, blue);
  const __m256i middle = _mm256_packus_epi16(green, alpha);
  const __m256i low = _mm256_unpacklo_epi8(outer, middle), high = _mm256_unpackhi_epi8(outer, middle);
  // Pixels 0-3 and 8-11, then 4-7 and 12-15.
  const __m256i a = _mm256_unpacklo_epi16(low, high), b = _mm256_unpackhi_epi16(low, high);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(pixels), _mm256_permute2x128_si256(a, b, 0x20));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(pixels + 32), _mm256_permute2x128_si256(a, b, 0x31));
}

WEBCODECS_AVX2 inline __m256i LoadAlpha(const uint8_t* alpha, const Factors& f) {
  return alpha ? Load16(alpha, f) : _mm256_set1_epi16(255);
}

WEBCODECS_AVX2 inline __m256i LoadAlpha(const uint16_t* alpha, const Factors& f) {
  if (!alpha) return _mm256_set1_epi16(255);
  const __m256i scaled = _mm256_mulhrs_epi16(_mm256_sll_epi16(Load16(alpha, f), f.y_shift), f.alpha);
  return _mm256_srai_epi16(_mm256_add_epi16(scaled, _mm256_set1_epi16(32)), 6);
}

template <typename Sample, Chroma kChroma>
WEBCODECS_AVX2 inline void Step(const Sample* y, const Sample* u, const Sample* v, const Sample* alpha,
                                const Factors& f, uint8_t* pixels) {
  Differences first, last;
  if (kChroma == Chroma::kFull) {
    first = GetDifferences(Load16(u, f), Load16(v, f), f);
    last = GetDifferences(Load16(u + 16, f), Load16(v + 16, f), f);
  } else {
    Differences d;
    if (kChroma == Chroma::kInterleavedHalf) {
      const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(u));
      d = GetDifferences(_mm256_and_si256(pairs, _mm256_set1_epi16(255)), _mm256_srli_epi16(pairs, 8), f);
    } else {
      d = GetDifferences(Load16(u, f), Load16(v, f), f);
    }
    Twice(d.blue, &first.blue, &last.blue);
    Twice(d.green, &first.green, &last.green);
    Twice(d.red, &first.red, &last.red);
  }
  Store16(Load16(y, f), first, LoadAlpha(alpha, f), f, pixels);
  Store16(Load16(y + 16, f), last, LoadAlpha(alpha ? alpha + 16 : nullptr, f), f, pixels + 64);
}

template <typename Sample, Chroma kChroma>
WEBCODECS_AVX2 void Row(const YuvRow& row, int width, const YuvToRgbFactors& factors, bool blue_first,
                        uint8_t* pixels) {
  const Factors f = LoadFactors(factors, blue_first);
  const auto* y = static_cast<const Sample*>(row.y);
  const auto* u = static_cast<const Sample*>(row.u);
  const auto* v = static_cast<const Sample*>(row.v);
  const auto* alpha = static_cast<const Sample*>(row.alpha);
  // How far a step goes in the planes of chroma: NV12's pairs are as long as their pixels.
  constexpr int kChromaStep = kChroma == Chroma::kHalf ? kPixelsPerStep / 2 : kPixelsPerStep;
  for (; width >= kPixelsPerStep; width -= kPixelsPerStep) {
    Step<Sample, kChroma>(y, u, v, alpha, f, pixels);
    y += kPixelsPerStep;
    u += kChromaStep;
    if (kChroma != Chroma::kInterleavedHalf) v += kChromaStep;
    if (alpha) alpha += kPixelsPerStep;
    pixels += 4 * kPixelsPerStep;
  }
  if (width == 0) return;
  // The rest of the row, in a place where a whole step may read and write.
  Sample rest[4][kPixelsPerStep] = {};
  uint8_t rest_pixels[4 * kPixelsPerStep];
  const size_t pair_width = static_cast<size_t>(width + 1) / 2;
  const size_t chroma_width = kChroma == Chroma::kFull   ? static_cast<size_t>(width)
                              : kChroma == Chroma::kHalf ? pair_width
                                                         : 2 * pair_width;
  std::memcpy(rest[0], y, static_cast<size_t>(width) * sizeof(Sample));
  std::memcpy(rest[1], u, chroma_width * sizeof(Sample));
  if (kChroma != Chroma::kInterleavedHalf) std::memcpy(rest[2], v, chroma_width * sizeof(Sample));
  if (alpha) std::memcpy(rest[3], alpha, static_cast<size_t>(width) * sizeof(Sample));
  Step<Sample, kChroma>(rest[0], rest[1], rest[2], alpha ? rest[3] : nullptr, f, rest_pixels);
  std::memcpy(pixels, rest_pixels, static_cast<size_t>(width) * 4);
}

}  // namespace

YuvToRgbRow GetYuvToRgbRowAvx2(PixelFormat format) {
  if (!__builtin_cpu_supports("avx2")) return nullptr;
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  if (info.is_rgb) return nullptr;
  if (format == PixelFormat::kNV12) return Row<uint8_t, Chroma::kInterleavedHalf>;
  if (info.planes[1].sample_width == 2)
    return info.bit_depth == 8 ? Row<uint8_t, Chroma::kHalf> : Row<uint16_t, Chroma::kHalf>;
  return info.bit_depth == 8 ? Row<uint8_t, Chroma::kFull> : Row<uint16_t, Chroma::kFull>;
}

}  // namespace webcodecs

#else

namespace webcodecs {

YuvToRgbRow GetYuvToRgbRowAvx2(PixelFormat) { return nullptr; }

}  // namespace webcodecs

#endif
