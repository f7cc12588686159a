#include "media/color_transform.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

namespace webcodecs {
namespace {

// H.273 code points.
constexpr int kPrimariesBt709 = 1;
constexpr int kPrimariesDisplayP3 = 12;
constexpr int kTransferSrgb = 13;
constexpr int kTransferPq = 16;
constexpr int kTransferHlg = 18;

struct Chromaticity {
  double x, y;
};
struct Primaries {
  int code_point;
  Chromaticity red, green, blue, white;
};
constexpr Chromaticity kD65{0.3127, 0.3290}, kC{0.310, 0.316}, kE{1.0 / 3, 1.0 / 3}, kDci{0.314, 0.351};
constexpr Primaries kPrimaries[] = {
    {kPrimariesBt709, {0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}, kD65},
    {4, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, kC},            // BT.470 M
    {8, {0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, kC},      // film
    {9, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, kD65},    // BT.2020
    {10, {1, 0}, {0, 1}, {0, 0}, kE},                             // SMPTE ST 428-1 (XYZ)
    {11, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, kDci},   // SMPTE RP 431-2
    {kPrimariesDisplayP3, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, kD65},
    {22, {0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, kD65},   // EBU Tech 3213
};

// Standard-definition primaries (5, 6, 7) are shown as if they were BT.709's, as browsers do; so is what is unspecified
// or unknown.
int EffectivePrimaries(int primaries) {
  for (const Primaries& known : kPrimaries) {
    if (known.code_point == primaries) return primaries;
  }
  return kPrimariesBt709;
}

// The camera curves of BT.709, BT.601 and BT.2020 (1, 6, 11, 12, 14, 15) are meant for the same displays and are taken
// for sRGB's, as browsers do; so is what is unspecified or unknown.
int EffectiveTransfer(int transfer) {
  switch (transfer) {
    case 4:   // gamma 2.2
    case 5:   // gamma 2.8
    case 7:   // SMPTE ST 240
    case 8:   // linear
    case kTransferPq:
    case 17:  // SMPTE ST 428-1
    case kTransferHlg:
      return transfer;
    default:
      return kTransferSrgb;
  }
}

using Matrix = double[3][3];

void Multiply(const Matrix& a, const Matrix& b, Matrix& out) {
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
  }
}

void Invert(const Matrix& m, Matrix& out) {
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      const int r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
      out[i][j] = m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0];
    }
  }
  const double determinant = m[0][0] * out[0][0] + m[0][1] * out[1][0] + m[0][2] * out[2][0];
  for (auto& row : out) {
    for (double& value : row) value /= determinant;
  }
}

void ToXyz(const Chromaticity& c, double (&xyz)[3]) {
  // The blue of XYZ has y = 0: there the sum of the coordinates stands in for the luminance.
  const double y = c.y > 0 ? c.y : 1;
  xyz[0] = c.x / y;
  xyz[1] = c.y / y;
  xyz[2] = (1 - c.x - c.y) / y;
}

const Primaries& FindPrimaries(int code_point) {
  for (const Primaries& known : kPrimaries) {
    if (known.code_point == code_point) return known;
  }
  return kPrimaries[0];
}

// Linear RGB to XYZ with the primaries' own white, whose luminance is 1.
void RgbToXyz(const Primaries& primaries, Matrix& out) {
  Matrix columns, inverse;
  const Chromaticity* colours[3] = {&primaries.red, &primaries.green, &primaries.blue};
  for (int j = 0; j < 3; j++) {
    double xyz[3];
    ToXyz(*colours[j], xyz);
    for (int i = 0; i < 3; i++) columns[i][j] = xyz[i];
  }
  double white[3];
  ToXyz(primaries.white, white);
  Invert(columns, inverse);
  for (int j = 0; j < 3; j++) {
    const double scale = inverse[j][0] * white[0] + inverse[j][1] * white[1] + inverse[j][2] * white[2];
    for (int i = 0; i < 3; i++) out[i][j] = columns[i][j] * scale;
  }
}

// Chromatic adaptation (Bradford) from one white to another.
void Adapt(const Chromaticity& from, const Chromaticity& to, Matrix& out) {
  const Matrix bradford = {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}};
  double from_xyz[3], to_xyz[3];
  ToXyz(from, from_xyz);
  ToXyz(to, to_xyz);
  Matrix inverse, scaled;
  Invert(bradford, inverse);
  for (int i = 0; i < 3; i++) {
    const auto response = [&](const double (&xyz)[3]) {
      return bradford[i][0] * xyz[0] + bradford[i][1] * xyz[1] + bradford[i][2] * xyz[2];
    };
    const double ratio = response(to_xyz) / response(from_xyz);
    for (int j = 0; j < 3; j++) scaled[i][j] = bradford[i][j] * ratio;
  }
  Multiply(inverse, scaled, out);
}

// HDR reference white (ITU-R BT.2408), which becomes the white of the target; what is brighter clips.
constexpr double kReferenceWhiteNits = 203;
constexpr double kHlgPeakNits = 1000;

// Non-linear 0..1 to linear light in which SDR white is 1. For HLG it is scene light, before the system's gamma.
double ToLinear(int transfer, double v) {
  switch (transfer) {
    case 4:
      return std::pow(v, 2.2);
    case 5:
      return std::pow(v, 2.8);
    case 7:
      return v < 0.0913 ? v / 4.0 : std::pow((v + 0.1115) / 1.1115, 1 / 0.45);
    case 8:
      return v;
    case kTransferPq: {
      const double p = std::pow(v, 1 / 78.84375);
      const double y = std::pow(std::max(p - 0.8359375, 0.0) / (18.8515625 - 18.6875 * p), 1 / 0.1593017578125);
      return y * 10000 / kReferenceWhiteNits;
    }
    case 17:
      return std::pow(v, 2.6) * 52.37 / 48;
    case kTransferHlg:
      return v <= 0.5 ? v * v / 3 : (std::exp((v - 0.55991073) / 0.17883277) + 0.28466892) / 12;
    default:
      return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  }
}

// sRGB's curve, which Display P3 shares, from linear light in steps fine enough for its steep beginning, to bytes.
constexpr int kEncodeSteps = 65535;
const uint8_t* EncodeTable() {
  static const uint8_t* table = [] {
    uint8_t* values = new uint8_t[kEncodeSteps + 1];
    for (int i = 0; i <= kEncodeSteps; i++) {
      const double v = static_cast<double>(i) / kEncodeSteps;
      const double encoded = v <= 0.0031308 ? v * 12.92 : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
      values[i] = static_cast<uint8_t>(std::lround(encoded * 255));
    }
    return values;
  }();
  return table;
}

// As many steps as 12 bits have, so that no source loses anything.
constexpr int kLinearSteps = 4095;

constexpr int kBlock = 256;  // pixels

int Index(float value, int steps) {
  const float high = static_cast<float>(steps);
  return static_cast<int>(std::min(std::max(value * high + 0.5f, 0.0f), high));
}

}  // namespace

std::shared_ptr<const ColorTransform> ColorTransform::Find(const ColorSpace& source, bool to_display_p3) {
  const int primaries = EffectivePrimaries(source.primaries);
  const int transfer = EffectiveTransfer(source.transfer);
  const int target = to_display_p3 ? kPrimariesDisplayP3 : kPrimariesBt709;
  if (primaries == target && transfer == kTransferSrgb) return nullptr;
  // Never destroyed: threads of the job pool may outlive static destructors.
  static std::mutex* mutex = new std::mutex();
  static auto* cache = new std::map<std::tuple<int, int, bool>, std::shared_ptr<const ColorTransform>>();
  std::lock_guard<std::mutex> lock(*mutex);
  auto& transform = (*cache)[{primaries, transfer, to_display_p3}];
  if (!transform) transform.reset(new ColorTransform(primaries, transfer, to_display_p3));
  return transform;
}

ColorTransform::ColorTransform(int primaries, int transfer, bool to_display_p3)
    : to_linear_(kLinearSteps + 1) {
  for (int i = 0; i <= kLinearSteps; i++)
    to_linear_[i] = static_cast<float>(ToLinear(transfer, static_cast<double>(i) / kLinearSteps));
  if (transfer == kTransferHlg) {
    // The opto-optical transfer function of BT.2100 for a display of 1,000 cd/m2: its gamma is 1.2.
    hlg_gain_.resize(kLinearSteps + 1);
    for (int i = 0; i <= kLinearSteps; i++) {
      const double luminance = static_cast<double>(i) / kLinearSteps;
      hlg_gain_[i] = static_cast<float>(kHlgPeakNits / kReferenceWhiteNits * std::pow(luminance, 0.2));
    }
  }
  const Primaries& source = FindPrimaries(primaries);
  const Primaries& target = FindPrimaries(to_display_p3 ? kPrimariesDisplayP3 : kPrimariesBt709);
  Matrix source_to_xyz, adapt, adapted, target_to_xyz, xyz_to_target, all;
  RgbToXyz(source, source_to_xyz);
  Adapt(source.white, target.white, adapt);
  Multiply(adapt, source_to_xyz, adapted);
  RgbToXyz(target, target_to_xyz);
  Invert(target_to_xyz, xyz_to_target);
  Multiply(xyz_to_target, adapted, all);
  for (int i = 0; i < 3; i++) {
    luminance_[i] = static_cast<float>(source_to_xyz[1][i]);
    for (int j = 0; j < 3; j++) primaries_[i][j] = static_cast<float>(all[i][j]);
  }
}

// Look-ups and arithmetic alternate in loops of their own, so that the compiler makes vectors of the arithmetic.
void ColorTransform::StoreBlock(const float* const (&rgb)[3], int width, uint8_t (*bytes)[3]) const {
  int index[3][kBlock];
  float linear[3][kBlock];
  for (int c = 0; c < 3; c++) {
    for (int i = 0; i < width; i++) index[c][i] = Index(rgb[c][i], kLinearSteps);
    for (int i = 0; i < width; i++) linear[c][i] = to_linear_[index[c][i]];
  }
  if (!hlg_gain_.empty()) {
    for (int i = 0; i < width; i++) {
      const float gain = hlg_gain_[Index(
          luminance_[0] * linear[0][i] + luminance_[1] * linear[1][i] + luminance_[2] * linear[2][i], kLinearSteps)];
      for (auto& channel : linear) channel[i] *= gain;
    }
  }
  const uint8_t* encode = EncodeTable();
  for (int c = 0; c < 3; c++) {
    const float from_r = primaries_[c][0], from_g = primaries_[c][1], from_b = primaries_[c][2];
    for (int i = 0; i < width; i++) {
      index[c][i] = Index(from_r * linear[0][i] + from_g * linear[1][i] + from_b * linear[2][i], kEncodeSteps);
    }
    for (int i = 0; i < width; i++) bytes[i][c] = encode[index[c][i]];
  }
}

void ColorTransform::Store(const FloatRow& row, int width, bool blue_first, bool opaque, uint8_t* pixels) const {
  const int red = blue_first ? 2 : 0, blue = blue_first ? 0 : 2;
  uint8_t bytes[kBlock][3];
  for (int start = 0; start < width; start += kBlock) {
    const int count = std::min(kBlock, width - start);
    StoreBlock({row.r + start, row.g + start, row.b + start}, count, bytes);
    for (int i = 0; i < count; i++, pixels += 4) {
      pixels[red] = bytes[i][0];
      pixels[1] = bytes[i][1];
      pixels[blue] = bytes[i][2];
      pixels[3] = opaque ? 255 : static_cast<uint8_t>(Index(row.a[start + i], 255));
    }
  }
}

}  // namespace webcodecs
