// Another rate, or another number of channels, by libswresample: to planes of f32, from them or from another format.
#pragma once

#include <cstdint>
#include <vector>

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

class AudioResampler {
 public:
  struct Side {
    AVChannelLayout layout;
    int sample_rate;
    AVSampleFormat format = AV_SAMPLE_FMT_FLTP;  // of the source
  };

  // Memory for what is converted, used again and again.
  class Scratch {
   public:
    const uint8_t* const* planes() const { return planes_.data(); }
    int count() const { return count_; }

   private:
    friend class AudioResampler;
    bool Reserve(int channels, int count);

    std::vector<float> samples_;
    std::vector<uint8_t*> planes_;
    int count_ = 0;
  };

  Status Open(const Side& source, const Side& destination);
  void Close() { context_.reset(); }
  bool is_open() const { return context_ != nullptr; }

  // Converts `frames` samples of each plane. Null planes ask for what is pending at the end. `*out` has no samples when
  // there is nothing yet.
  Status Convert(const uint8_t* const* planes, int frames, AVFramePtr* out);
  Status Convert(const uint8_t* const* planes, int frames, Scratch* out);
  // How far the output is behind the input, in microseconds.
  int64_t DelayMicros() const { return swr_get_delay(context_.get(), 1000000); }

 private:
  SwrContextPtr context_;
  Side destination_{};
};

}  // namespace webcodecs
