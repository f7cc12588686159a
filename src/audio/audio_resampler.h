// Another rate, or another number of channels, by libswresample: from and to planes of f32.
#pragma once

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

class AudioResampler {
 public:
  struct Side {
    AVChannelLayout layout;
    int sample_rate;
  };

  Status Open(const Side& source, const Side& destination);
  void Close() { context_.reset(); }
  bool is_open() const { return context_ != nullptr; }

  // Converts `frames` samples of each plane. Null planes ask for what is pending at the end. `*out` has no samples when
  // there is nothing yet.
  Status Convert(const uint8_t* const* planes, int frames, AVFramePtr* out);

 private:
  SwrContextPtr context_;
  Side destination_{};
};

}  // namespace webcodecs
