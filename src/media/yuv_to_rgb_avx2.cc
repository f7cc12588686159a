#include "media/yuv_to_rgb.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#define WEBCODECS_AVX2 __attribute__((target("avx2")))

namespace webcodecs {
namespace {

constexpr int kPixelsPerStep = 16;

enum class Chroma { kFull, kHalf, kInterleavedHalf };

struct Factors {
  __m256i y, y_bias, blue_u, green_u, green_v, red_v, alpha;
  __m256i max;
  __m128i shift;
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
  out.max = _mm256_set1_epi16(static_cast<int16_t>((1 << f.bit_depth) - 1));
  out.shift = _mm_cvtsi32_si128(16 - f.bit_depth);
  out.blue_first = blue_first;
  return out;
}

// A step's 16 samples stand in words, shifted up to fill them, in an order that leaves the pixels in theirs once they are
// interleaved: samples 0 to 3 and 8 to 11 in the first half of the register, 4 to 7 and 12 to 15 in the second.

// For _mm256_shuffle_epi8: bytes of 16 that both halves of the register have, as the upper bytes of words.
alignas(32) constexpr uint16_t kEachByte[] = {0x0080, 0x0180, 0x0280, 0x0380, 0x0880, 0x0980, 0x0a80, 0x0b80,
                                              0x0480, 0x0580, 0x0680, 0x0780, 0x0c80, 0x0d80, 0x0e80, 0x0f80};
alignas(32) constexpr uint16_t kEachByteTwice[] = {0x0080, 0x0080, 0x0180, 0x0180, 0x0480, 0x0480, 0x0580, 0x0580,
                                                   0x0280, 0x0280, 0x0380, 0x0380, 0x0680, 0x0680, 0x0780, 0x0780};
alignas(32) constexpr uint16_t kFirstOfPairs[] = {0x0080, 0x0080, 0x0280, 0x0280, 0x0880, 0x0880, 0x0a80, 0x0a80,
                                                  0x0480, 0x0480, 0x0680, 0x0680, 0x0c80, 0x0c80, 0x0e80, 0x0e80};
alignas(32) constexpr uint16_t kSecondOfPairs[] = {0x0180, 0x0180, 0x0380, 0x0380, 0x0980, 0x0980, 0x0b80, 0x0b80,
                                                   0x0580, 0x0580, 0x0780, 0x0780, 0x0d80, 0x0d80, 0x0f80, 0x0f80};
// The same for words of 8, each twice.
alignas(32) constexpr uint16_t kEachWordTwice[] = {0x0100, 0x0100, 0x0302, 0x0302, 0x0908, 0x0908, 0x0b0a, 0x0b0a,
                                                   0x0504, 0x0504, 0x0706, 0x0706, 0x0d0c, 0x0d0c, 0x0f0e, 0x0f0e};

WEBCODECS_AVX2 inline __m256i Shuffle(__m256i bytes, const uint16_t (&places)[16]) {
  return _mm256_shuffle_epi8(bytes, _mm256_load_si256(reinterpret_cast<const __m256i*>(places)));
}

WEBCODECS_AVX2 inline __m256i LoadBoth(const void* bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(bytes)));
}

WEBCODECS_AVX2 inline __m256i Load16(const uint8_t* samples, const Factors&) {
  return Shuffle(LoadBoth(samples), kEachByte);
}

// Bits above the depth have no meaning, but users' data may have them.
WEBCODECS_AVX2 inline __m256i Shift(__m256i samples, const Factors& f) {
  return _mm256_sll_epi16(_mm256_min_epu16(samples, f.max), f.shift);
}

WEBCODECS_AVX2 inline __m256i Load16(const uint16_t* samples, const Factors& f) {
  const __m256i loaded = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(samples));
  return Shift(_mm256_permute4x64_epi64(loaded, 0xd8), f);
}

// 8 samples, each twice.
WEBCODECS_AVX2 inline __m256i Load8Twice(const uint8_t* samples, const Factors&) {
  int64_t bytes;
  std::memcpy(&bytes, samples, sizeof(bytes));
  return Shuffle(_mm256_set1_epi64x(bytes), kEachByteTwice);
}

WEBCODECS_AVX2 inline __m256i Load8Twice(const uint16_t* samples, const Factors& f) {
  return Shift(Shuffle(LoadBoth(samples), kEachWordTwice), f);
}

// What chroma adds to each colour.
struct Differences {
  __m256i blue, green, red;
};

WEBCODECS_AVX2 inline Differences GetDifferences(__m256i u, __m256i v, const Factors& f) {
  const __m256i sign = _mm256_set1_epi16(static_cast<int16_t>(0x8000));
  u = _mm256_xor_si256(u, sign);
  v = _mm256_xor_si256(v, sign);
  return {_mm256_mulhrs_epi16(u, f.blue_u),
          _mm256_adds_epi16(_mm256_mulhrs_epi16(u, f.green_u), _mm256_mulhrs_epi16(v, f.green_v)),
          _mm256_mulhrs_epi16(v, f.red_v)};
}

// The sums saturate at 32767, which is 511 with its fraction gone, and packing then clamps them to 255.
WEBCODECS_AVX2 inline void Store16(__m256i y, const Differences& d, __m256i alpha, const Factors& f, uint8_t* pixels) {
  y = _mm256_adds_epi16(_mm256_mulhi_epu16(y, f.y), f.y_bias);
  const __m256i blue = _mm256_srai_epi16(_mm256_adds_epi16(y, d.blue), 6);
  const __m256i green = _mm256_srai_epi16(_mm256_adds_epi16(y, d.green), 6);
  const __m256i red = _mm256_srai_epi16(_mm256_adds_epi16(y, d.red), 6);
  const __m256i outer = f.blue_first ? _mm256_packus_epi16(blue, red) : _mm256_packus_epi16(red, blue);
  const __m256i middle = _mm256_packus_epi16(green, alpha);
  const __m256i low = _mm256_unpacklo_epi8(outer, middle), high = _mm256_unpackhi_epi8(outer, middle);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(pixels), _mm256_unpacklo_epi16(low, high));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(pixels + 32), _mm256_unpackhi_epi16(low, high));
}

WEBCODECS_AVX2 inline __m256i LoadAlpha(const uint8_t* alpha, const Factors& f) {
  return alpha ? _mm256_srli_epi16(Load16(alpha, f), 8) : _mm256_set1_epi16(255);
}

WEBCODECS_AVX2 inline __m256i LoadAlpha(const uint16_t* alpha, const Factors& f) {
  if (!alpha) return _mm256_set1_epi16(255);
  const __m256i scaled = _mm256_mulhrs_epi16(_mm256_srli_epi16(Load16(alpha, f), 1), f.alpha);
  return _mm256_srai_epi16(_mm256_add_epi16(scaled, _mm256_set1_epi16(32)), 6);
}

template <typename Sample, Chroma kChroma>
WEBCODECS_AVX2 inline void Step(const Sample* y, const Sample* u, const Sample* v, const Sample* alpha,
                                const Factors& f, uint8_t* pixels) {
  __m256i u16, v16;
  if constexpr (kChroma == Chroma::kFull) {
    u16 = Load16(u, f);
    v16 = Load16(v, f);
  } else if constexpr (kChroma == Chroma::kHalf) {
    u16 = Load8Twice(u, f);
    v16 = Load8Twice(v, f);
  } else {
    const __m256i pairs = LoadBoth(u);
    u16 = Shuffle(pairs, kFirstOfPairs);
    v16 = Shuffle(pairs, kSecondOfPairs);
  }
  Store16(Load16(y, f), GetDifferences(u16, v16, f), LoadAlpha(alpha, f), f, pixels);
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
