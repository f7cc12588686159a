// For rate control that counts frames instead of reading timestamps: tells by how much to scale the bitrate so that the
// bits per second come out right at the frame rate that really arrives.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "codec/frame_intervals.h"

namespace webcodecs {

class RatePacer {
 public:
  // `framerate` is what the encoder was told.
  void Begin(double framerate) {
    nominal_ = 1e6 / framerate;
    intervals_.Begin(nominal_, kMemory);
    balance_ = 0;
    factor_ = 1;
  }

  // `pts` in microseconds, increasing. Returns the factor for the frame with this pts.
  double Next(int64_t pts) {
    const double interval = intervals_.Next(pts);
    const double average = intervals_.average();
    // What the factors so far have left out, or were too much, is spread over the frames to come.
    balance_ += interval;
    const double owed = std::clamp((balance_ - average) / kHorizon, -kLargestPart * average, kLargestPart * average);
    const double wanted = (average + owed) / nominal_;
    // Each change makes the encoder compute its state anew: small ones are not worth it.
    if (std::abs(wanted - factor_) > kStep * factor_) factor_ = wanted;
    balance_ -= factor_ * nominal_;
    return factor_;
  }

 private:
  // In frames.
  static constexpr double kMemory = 60;
  static constexpr double kHorizon = 60;
  static constexpr double kLargestPart = 0.25;
  static constexpr double kStep = 0.02;
  FollowedIntervals intervals_;
  double nominal_ = 1, balance_ = 0, factor_ = 1;
};

}  // namespace webcodecs
