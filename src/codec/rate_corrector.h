// For rate control that leaves a part of its bitrate unused, or takes more: tells by how much to scale the bitrate so
// that what comes out is what was asked for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace webcodecs {

class RateCorrector {
 public:
  // `expected`: the share of its bitrate that the library is known to use.
  void Begin(double expected) {
    asked_ = kPriorSeconds;
    got_ = expected * kPriorSeconds;
    balance_ = since_change_ = 0;
    factor_ = 1 / expected;
  }

  double factor() const { return factor_; }

  // A packet whose frame stands for `seconds`; its size as the seconds that the bitrate takes to send it. Returns
  // whether there is a new factor.
  bool Add(double size_seconds, double seconds) {
    const double decay = std::exp(-seconds / kMemorySeconds);
    asked_ = asked_ * decay + factor_ * seconds;
    got_ = got_ * decay + size_seconds;
    balance_ += seconds - size_seconds;
    since_change_ += seconds;
    if (since_change_ < kChangeSeconds) return false;
    since_change_ = 0;
    // What was left over, or overdrawn, is spread over the time to come.
    const double wanted = 1 + std::clamp(balance_ / kHorizonSeconds, -0.3, 0.3);
    const double next = std::clamp(wanted * asked_ / got_, kLowest, kHighest);
    // Rate control begins anew after a leap.
    const double limited = std::clamp(next, factor_ / kLargestStep, factor_ * kLargestStep);
    if (std::abs(limited / factor_ - 1) < kSmallestStep) return false;
    factor_ = limited;
    return true;
  }

 private:
  static constexpr double kPriorSeconds = 2;
  static constexpr double kMemorySeconds = 4;
  static constexpr double kHorizonSeconds = 4;
  static constexpr double kChangeSeconds = 0.5;
  // Beyond these the picture is as good as it gets, or the rate is not to be had.
  static constexpr double kLowest = 0.5;
  static constexpr double kHighest = 3;
  static constexpr double kSmallestStep = 0.02;
  static constexpr double kLargestStep = 1.25;
  double asked_ = 1, got_ = 1, balance_ = 0, since_change_ = 0, factor_ = 1;
};

}  // namespace webcodecs
