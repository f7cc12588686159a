#include "audio/convert_samples.h"

#include <cstring>

namespace webcodecs {

namespace {

// A type's distances from the bias value to the minimum and maximum value. The maximum of s32 is 2^31 as in the
// arithmetic of floats, which have no nearer number: so content of 24 bits keeps its value in f32, both ways.
template <typename Sample>
struct Traits;
template <>
struct Traits<uint8_t> {
  static constexpr int32_t kBias = 128, kLowest = -128, kHighest = 127;
  static constexpr double kBelow = 128, kAbove = 127;
  using Real = float;  // wide enough for the samples and for the result
};
template <>
struct Traits<int16_t> {
  static constexpr int32_t kBias = 0, kLowest = -32768, kHighest = 32767;
  static constexpr double kBelow = 32768, kAbove = 32767;
  using Real = float;
};
template <>
struct Traits<int32_t> {
  static constexpr int32_t kBias = 0, kLowest = INT32_MIN, kHighest = INT32_MAX;
  static constexpr double kBelow = 2147483648.0, kAbove = 2147483648.0;
  using Real = double;
};
template <>
struct Traits<float> {
  using Real = float;
};

template <typename Sample, typename Real>
inline Real ToReal(Sample sample) {
  if constexpr (std::is_same_v<Sample, float>) {
    return static_cast<Real>(sample);
  } else {
    using T = Traits<Sample>;
    const Real distance = static_cast<Real>(static_cast<int32_t>(sample) - T::kBias);
    return distance / (distance < 0 ? static_cast<Real>(T::kBelow) : static_cast<Real>(T::kAbove));
  }
}

template <typename Sample, typename Real>
inline Sample FromReal(Real value) {
  if constexpr (std::is_same_v<Sample, float>) {
    return static_cast<float>(value);
  } else {
    using T = Traits<Sample>;
    const Real scaled = value * (value < 0 ? static_cast<Real>(T::kBelow) : static_cast<Real>(T::kAbove));
    const Real rounded = scaled + (scaled < 0 ? Real{-0.5} : Real{0.5});  // truncated below
    if (!(rounded > static_cast<Real>(T::kLowest))) {
      // What is no number is silence.
      return value == value ? static_cast<Sample>(T::kLowest + T::kBias) : static_cast<Sample>(T::kBias);
    }
    if (rounded >= static_cast<Real>(T::kHighest)) return static_cast<Sample>(T::kHighest + T::kBias);
    return static_cast<Sample>(static_cast<int32_t>(rounded) + T::kBias);
  }
}

// The wider of two: double when either is.
template <typename A, typename B>
using WiderReal = std::conditional_t<std::is_same_v<typename Traits<A>::Real, double> ||
                                         std::is_same_v<typename Traits<B>::Real, double>,
                                     double, float>;

template <typename Source, typename Destination>
void Convert(const Source* source, ptrdiff_t source_stride, Destination* destination, ptrdiff_t destination_stride,
             size_t count) {
  using Real = WiderReal<Source, Destination>;
  const auto convert = [](Source sample) {
    if constexpr (std::is_same_v<Source, Destination>)
      return sample;
    else
      return FromReal<Destination, Real>(ToReal<Source, Real>(sample));
  };
  // Of its own, so that the compiler makes vectors of it.
  if (source_stride == 1 && destination_stride == 1) {
    for (size_t i = 0; i < count; i++) destination[i] = convert(source[i]);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    *destination = convert(*source);
    source += source_stride;
    destination += destination_stride;
  }
}

template <typename Function>
void WithType(SampleType type, Function function) {
  switch (type) {
    case SampleType::kU8:
      return function(uint8_t{});
    case SampleType::kS16:
      return function(int16_t{});
    case SampleType::kS32:
      return function(int32_t{});
    case SampleType::kF32:
      return function(float{});
  }
}

}  // namespace

void ConvertSamples(const uint8_t* source, SampleType source_type, ptrdiff_t source_stride, uint8_t* destination,
                    SampleType destination_type, ptrdiff_t destination_stride, size_t count) {
  if (source_type == destination_type && source_stride == 1 && destination_stride == 1) {
    std::memcpy(destination, source, count * SampleBytes(source_type));
    return;
  }
  WithType(source_type, [&](auto source_sample) {
    WithType(destination_type, [&](auto destination_sample) {
      Convert(reinterpret_cast<const decltype(source_sample)*>(source), source_stride,
              reinterpret_cast<decltype(destination_sample)*>(destination), destination_stride, count);
    });
  });
}

}  // namespace webcodecs
