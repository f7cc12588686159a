// Turns timestamps, which may repeat, go back or be negative, into the strictly increasing pts that encoders demand,
// in microseconds, so that rate control still knows the real timing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace webcodecs {

class EncoderClock {
 public:
  // `frame_microseconds`: the expected distance of frames.
  void Begin(int64_t frame_microseconds) {
    frame_ = std::max<int64_t>(frame_microseconds, 1);
    last_.reset();
  }

  int64_t Next(int64_t timestamp) {
    if (!last_) {
      offset_ = -timestamp;
      last_ = 0;
      return 0;
    }
    int64_t pts = timestamp + offset_;
    // A step back or a repetition, a step too short to be real timing (a counter instead of microseconds, which would
    // leave rate control no bits), or a gap longer than its memory begins a new stretch, one frame on.
    if (pts - *last_ < kShortestStep || pts - *last_ > kLongestGap) {
      pts = *last_ + frame_;
      offset_ = pts - timestamp;
    }
    last_ = pts;
    return pts;
  }

 private:
  static constexpr int64_t kShortestStep = 1000;
  static constexpr int64_t kLongestGap = int64_t{600} * 1000000;
  int64_t frame_ = 1;
  int64_t offset_ = 0;
  std::optional<int64_t> last_;
};

}  // namespace webcodecs
