// The audio sample formats of the specification.
#pragma once

#include <cstddef>
#include <cstdint>

#include "util/ffmpeg_raii.h"

namespace webcodecs {

// The numeric type of a sample (spec: "audio sample type").
enum class SampleType : int { kU8 = 0, kS16 = 1, kS32 = 2, kF32 = 3 };

constexpr int kSampleTypeCount = 4;

constexpr size_t SampleBytes(SampleType type) {
  return type == SampleType::kU8 ? 1 : type == SampleType::kS16 ? 2 : 4;
}

struct SampleFormat {
  SampleType type = SampleType::kF32;
  bool planar = false;

  // Keep in step with the order of AUDIO_SAMPLE_FORMATS in lib/audio-sample-format.ts: interleaved, then planar.
  static constexpr SampleFormat FromIndex(int index) {
    return {static_cast<SampleType>(index % kSampleTypeCount), index >= kSampleTypeCount};
  }
  constexpr int index() const { return static_cast<int>(type) + (planar ? kSampleTypeCount : 0); }
  constexpr bool operator==(const SampleFormat& other) const { return type == other.type && planar == other.planar; }
  constexpr bool operator!=(const SampleFormat& other) const { return !(*this == other); }

  AVSampleFormat av_format() const {
    static constexpr AVSampleFormat kFormats[] = {AV_SAMPLE_FMT_U8,  AV_SAMPLE_FMT_S16,  AV_SAMPLE_FMT_S32,
                                                  AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_U8P,  AV_SAMPLE_FMT_S16P,
                                                  AV_SAMPLE_FMT_S32P, AV_SAMPLE_FMT_FLTP};
    return kFormats[index()];
  }
  // Whether `av_format` is one of the eight; if so, `*format` is it.
  static bool FromAv(int av_format, SampleFormat* format) {
    for (int index = 0; index < 2 * kSampleTypeCount; index++) {
      if (FromIndex(index).av_format() != av_format) continue;
      *format = FromIndex(index);
      return true;
    }
    return false;
  }
};

}  // namespace webcodecs
