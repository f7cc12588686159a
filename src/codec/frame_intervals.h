// The distances of frames as rate control should see them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace webcodecs {

class FrameIntervals {
 public:
  // `expected`: microseconds. `memory`: how many frames the average reaches back.
  void Begin(double expected, double memory) {
    average_ = expected;
    memory_ = memory;
    count_ = 0;
    paused_ = false;
    last_.reset();
  }

  // `pts` in microseconds, increasing. The distance to the frame before, in microseconds; of the first frame what was
  // expected. A pause is no reason to spend its bits on the frames behind it, so a single long distance counts as an
  // average one; two of them in a row are a lower frame rate.
  double Next(int64_t pts) {
    if (!last_) {
      last_ = pts;
      return average_;
    }
    double interval = std::min(static_cast<double>(pts - *last_), kLongest);
    last_ = pts;
    const bool is_long = count_ > 0 && interval > std::max(kPause * average_, kShortestPause);
    if (is_long && !paused_) interval = average_;
    paused_ = is_long;
    ++count_;
    average_ += (interval - average_) / std::min(count_, memory_);
    return interval;
  }

  // Goes on as if so many frames had been so far apart, in microseconds.
  void Restart(double average, double count) {
    average_ = average;
    count_ = count;
  }

  // Of the distances so far, from the second frame on; before that what was expected.
  double average() const { return average_; }

 private:
  static constexpr double kLongest = 2e6;
  static constexpr double kPause = 4;
  static constexpr double kShortestPause = 4e5;
  double average_ = 1, memory_ = 1, count_ = 0;
  bool paused_ = false;
  std::optional<int64_t> last_;
};

}  // namespace webcodecs
