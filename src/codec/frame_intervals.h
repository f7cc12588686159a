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

// The average distance of frames, of the last few alone as soon as those have come at another rate for some time.
class FollowedIntervals {
 public:
  // As of FrameIntervals.
  void Begin(double expected, double memory) {
    all_.Begin(expected, memory);
    recent_.Begin(expected, kRecentMemory);
    changing_ = 0;
  }

  double Next(int64_t pts) {
    const double interval = all_.Next(pts);
    recent_.Next(pts);
    const double ratio = recent_.average() / all_.average();
    changing_ = std::max(ratio, 1 / ratio) > kChange ? changing_ + 1 : 0;
    if (changing_ >= kRecentMemory) {
      all_.Restart(recent_.average(), kRecentMemory);
      changing_ = 0;
    }
    return interval;
  }

  double average() const { return all_.average(); }

 private:
  // In frames.
  static constexpr double kRecentMemory = 6;
  static constexpr double kChange = 1.25;
  FrameIntervals all_, recent_;
  double changing_ = 0;
};

}  // namespace webcodecs
