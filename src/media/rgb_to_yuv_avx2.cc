#include "media/rgb_to_yuv.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define WEBCODECS_AVX2 __attribute__((target("avx2")))

namespace webcodecs {
namespace {

constexpr int kFractionBits = 15;
constexpr int kPixelsPerStep = 32;

// A pixel's four bytes are taken as two pairs of 16-bit numbers, (first, third) and (second, alpha): a multiply-add of
// each pair with its factors, (f0, f2) and (f1, 0), leaves the pixel's weighted sum in its 32 bits.
struct Factors {
  __m256i outer, middle;
};

WEBCODECS_AVX2 inline Factors LoadFactors(const int16_t (&f)[3]) {
  const auto pair = [](int16_t low, int16_t high) {
    return static_cast<int>(static_cast<uint16_t>(low) | static_cast<uint32_t>(static_cast<uint16_t>(high)) << 16);
  };
  return {_mm256_set1_epi32(pair(f[0], f[2])), _mm256_set1_epi32(pair(f[1], 0))};
}

struct Pairs {
  __m256i outer, middle;
};

WEBCODECS_AVX2 inline Pairs LoadPairs(const uint8_t* pixels) {
  const __m256i p = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixels));
  return {_mm256_and_si256(p, _mm256_set1_epi32(0x00ff00ff)), _mm256_srli_epi16(p, 8)};
}

WEBCODECS_AVX2 inline Pairs Add(const Pairs& a, const Pairs& b) {
  return {_mm256_add_epi16(a.outer, b.outer), _mm256_add_epi16(a.middle, b.middle)};
}

// Adds each even pixel to the odd one behind it. The sums stand in the order 0 1 4 5 2 3 6 7.
WEBCODECS_AVX2 inline __m256i AddNeighbours(__m256i a, __m256i b) {
  const __m256 fa = _mm256_castsi256_ps(a), fb = _mm256_castsi256_ps(b);
  return _mm256_add_epi16(_mm256_castps_si256(_mm256_shuffle_ps(fa, fb, 0x88)),
                          _mm256_castps_si256(_mm256_shuffle_ps(fa, fb, 0xdd)));
}

WEBCODECS_AVX2 inline Pairs AddNeighbours(const Pairs& a, const Pairs& b) {
  return {AddNeighbours(a.outer, b.outer), AddNeighbours(a.middle, b.middle)};
}

template <int kBits>
WEBCODECS_AVX2 inline __m256i Weigh(const Pairs& p, const Factors& f, __m256i bias) {
  const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(p.outer, f.outer), _mm256_madd_epi16(p.middle, f.middle));
  return _mm256_srai_epi32(_mm256_add_epi32(sum, bias), kBits);
}

// 32 sums of eight each, saturated to bytes in order.
WEBCODECS_AVX2 inline __m256i Pack32(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

inline int32_t Bias(int32_t offset, int bits) { return (offset << bits) + (int32_t{1} << (bits - 1)); }

WEBCODECS_AVX2 void LumaRow(const uint8_t* pixels, int width, const RgbToYuvCoefficients& c, uint8_t* y) {
  const Factors f = LoadFactors(c.y);
  const __m256i bias = _mm256_set1_epi32(Bias(c.y_offset, kFractionBits));
  int i = 0;
  for (; i + kPixelsPerStep <= width; i += kPixelsPerStep, pixels += 4 * kPixelsPerStep) {
    const __m256i sums = Pack32(Weigh<kFractionBits>(LoadPairs(pixels), f, bias),
                                Weigh<kFractionBits>(LoadPairs(pixels + 32), f, bias),
                                Weigh<kFractionBits>(LoadPairs(pixels + 64), f, bias),
                                Weigh<kFractionBits>(LoadPairs(pixels + 96), f, bias));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), sums);
  }
  kRgbToYuvPortable.luma(pixels, width - i, c, y + i);
}

WEBCODECS_AVX2 void ChromaFullRow(const uint8_t* pixels, int width, const RgbToYuvCoefficients& c, uint8_t* u,
                                  uint8_t* v) {
  const Factors fu = LoadFactors(c.u), fv = LoadFactors(c.v);
  const __m256i bias = _mm256_set1_epi32(Bias(128, kFractionBits));
  int i = 0;
  for (; i + kPixelsPerStep <= width; i += kPixelsPerStep, pixels += 4 * kPixelsPerStep) {
    const Pairs p0 = LoadPairs(pixels), p1 = LoadPairs(pixels + 32), p2 = LoadPairs(pixels + 64),
                p3 = LoadPairs(pixels + 96);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(u + i),
                        Pack32(Weigh<kFractionBits>(p0, fu, bias), Weigh<kFractionBits>(p1, fu, bias),
                               Weigh<kFractionBits>(p2, fu, bias), Weigh<kFractionBits>(p3, fu, bias)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(v + i),
                        Pack32(Weigh<kFractionBits>(p0, fv, bias), Weigh<kFractionBits>(p1, fv, bias),
                               Weigh<kFractionBits>(p2, fv, bias), Weigh<kFractionBits>(p3, fv, bias)));
  }
  kRgbToYuvPortable.chroma_full(pixels, width - i, c, u + i, v + i);
}

WEBCODECS_AVX2 void ChromaHalfRow(const uint8_t* row0, const uint8_t* row1, int width, const RgbToYuvCoefficients& c,
                                  uint8_t* u, uint8_t* v) {
  constexpr int kBits = kFractionBits + 2;  // the sums are of four pixels
  const Factors fu = LoadFactors(c.u), fv = LoadFactors(c.v);
  const __m256i bias = _mm256_set1_epi32(Bias(128, kBits));
  // Undoes the order of AddNeighbours and of the packs: 16 bytes of u, then 16 of v.
  const __m256i order = _mm256_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,  //
                                         0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
  int i = 0;
  for (; i + kPixelsPerStep <= width; i += kPixelsPerStep, row0 += 4 * kPixelsPerStep, row1 += 4 * kPixelsPerStep) {
    const Pairs s0 =
        AddNeighbours(Add(LoadPairs(row0), LoadPairs(row1)), Add(LoadPairs(row0 + 32), LoadPairs(row1 + 32)));
    const Pairs s1 =
        AddNeighbours(Add(LoadPairs(row0 + 64), LoadPairs(row1 + 64)), Add(LoadPairs(row0 + 96), LoadPairs(row1 + 96)));
    const __m256i us = _mm256_packs_epi32(Weigh<kBits>(s0, fu, bias), Weigh<kBits>(s1, fu, bias));
    const __m256i vs = _mm256_packs_epi32(Weigh<kBits>(s0, fv, bias), Weigh<kBits>(s1, fv, bias));
    // Lanes now hold (u 0145 of both, v 0145 of both) and (u 2367, v 2367).
    __m256i bytes = _mm256_packus_epi16(us, vs);
    bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
    bytes = _mm256_shuffle_epi8(bytes, order);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(u + i / 2), _mm256_castsi256_si128(bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(v + i / 2), _mm256_extracti128_si256(bytes, 1));
  }
  kRgbToYuvPortable.chroma_half(row0, row1, width - i, c, u + i / 2, v + i / 2);
}

}  // namespace

const RgbToYuvRows* GetRgbToYuvAvx2() {
  static constexpr RgbToYuvRows kRows = {LumaRow, ChromaFullRow, ChromaHalfRow};
  return __builtin_cpu_supports("avx2") ? &kRows : nullptr;
}

}  // namespace webcodecs

#else

namespace webcodecs {

const RgbToYuvRows* GetRgbToYuvAvx2() { return nullptr; }

}  // namespace webcodecs

#endif
