// For rate control that counts frames instead of reading timestamps: tells by how much to scale the bitrate so that the
// bits per second come out right at the frame rate that really arrives.
#pragma once

#include <cmath>
#include <cstdint>

#include "codec/frame_intervals.h"

namespace webcodecs {

class RatePacer {
 public:
  // An encoder that accounts for all its frames takes the average of all; one that looks at the last ones, theirs.
  enum class Memory { kLong, kShort };

  // `framerate` is what the encoder was told.
  void Begin(double framerate, Memory memory) {
    nominal_ = 1e6 / framerate;
    intervals_.Begin(nominal_, memory == Memory::kLong ? kLongMemory : kShortMemory);
    factor_ = 1;
  }

  // `pts` in microseconds, increasing. Returns the factor for the frame with this pts.
  double Next(int64_t pts) {
    intervals_.Next(pts);
    const double wanted = intervals_.average() / nominal_;
    // Each change makes the encoder compute its state anew: small ones are not worth it.
    if (std::abs(wanted - factor_) > kStep * factor_) factor_ = wanted;
    return factor_;
  }

 private:
  static constexpr double kLongMemory = 1000;
  static constexpr double kShortMemory = 60;
  static constexpr double kStep = 0.02;
  FrameIntervals intervals_;
  double nominal_ = 1, factor_ = 1;
};

}  // namespace webcodecs
