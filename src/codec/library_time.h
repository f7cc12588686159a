// The time that libvpx and libaom are told, which is what their rate control goes by.
#pragma once

#include <algorithm>
#include <cstdint>

#include "codec/frame_intervals.h"

namespace webcodecs {

class LibraryTime {
 public:
  // All times are microseconds. `frame_duration` is what is expected of frames.
  void Begin(double frame_duration) {
    intervals_.Begin(frame_duration, kMemory);
    began_ = false;
    real_ = told_ = 0;
  }

  struct Frame {
    int64_t time;
    int64_t duration;  // since the frame before
  };

  // For frames whose distances differ, the average distance: the libraries would give each frame what fits between it
  // and the one before, and lose a tenth of the rate, and the evenness of the picture, to the leaps.
  Frame Next(int64_t pts) {
    const double interval = intervals_.Next(pts);
    if (!began_) {
      began_ = true;
      return {0, static_cast<int64_t>(interval)};
    }
    real_ += interval;
    const auto before = static_cast<int64_t>(told_);
    // What the average has left out until now follows little by little.
    told_ += std::max(intervals_.average() + (real_ - told_ - intervals_.average()) / kMemory, 1.0);
    const auto time = static_cast<int64_t>(told_);
    return {time, time - before};
  }

 private:
  static constexpr double kMemory = 16;
  FollowedIntervals intervals_;
  bool began_ = false;
  double real_ = 0, told_ = 0;
};

}  // namespace webcodecs
