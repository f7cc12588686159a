// Colour spaces by their H.273 code points, and the matrices that follow from them.
#pragma once

namespace webcodecs {

// H.273 code points; 2 is "unspecified". full_range: -1 unspecified, 0 limited, 1 full.
struct ColorSpace {
  int primaries = 2;
  int transfer = 2;
  int matrix = 2;
  int full_range = -1;

  bool operator==(const ColorSpace& other) const {
    return primaries == other.primaries && transfer == other.transfer && matrix == other.matrix &&
           full_range == other.full_range;
  }
};

constexpr int kMatrixRgb = 0;
constexpr int kMatrixBt709 = 1;
constexpr int kMatrixUnspecified = 2;
constexpr int kMatrixFcc = 4;
constexpr int kMatrixBt470bg = 5;
constexpr int kMatrixSmpte170m = 6;
constexpr int kMatrixSmpte240m = 7;
constexpr int kMatrixYcgco = 8;
constexpr int kMatrixBt2020Ncl = 9;
constexpr int kMatrixBt2020Cl = 10;

// BT.709 for what is unspecified or unknown (the specification's default for video), and one name for the two code
// points of BT.601.
int EffectiveMatrix(int matrix);
// Limited for what is unspecified, unless the samples are RGB.
bool IsFullRange(const ColorSpace& color);

// The weights of red and blue in luma; green has the rest.
struct LumaWeights {
  double red, blue;
};
// `matrix` is an effective one that has weights: not kMatrixRgb or kMatrixYcgco.
LumaWeights GetLumaWeights(int matrix);

// R' = red_y * Y' + ... on samples normalised so that Y' is 0..1 and Cb, Cr are -0.5..0.5. Rows are R, G, B; columns
// are the planes in order (G, B, R for kMatrixRgb).
struct YuvToRgbMatrix {
  float m[3][3];
};
YuvToRgbMatrix GetYuvToRgbMatrix(int matrix);

// How samples of `bit_depth` normalise: (sample - offset) * scale. Chroma of kMatrixRgb normalises like luma.
struct SampleScale {
  float y_offset, y_scale, c_offset, c_scale;
};
SampleScale GetSampleScale(int matrix, bool full_range, int bit_depth);

}  // namespace webcodecs
