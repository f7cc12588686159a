// Rate control for a library whose own can be told neither the frames' real distances nor another bitrate: the
// quantizer of each frame, from the sizes of those before it. Every frame must give its packet before the next.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "codec/frame_intervals.h"

namespace webcodecs {

class QuantizerControl {
 public:
  // `max` is the highest quantizer; the step size doubles with each sixth. `horizon`: the seconds in which what was
  // left over, or overdrawn, is made up for.
  void Begin(double framerate, int64_t pixels, int max, double horizon) {
    intervals_.Begin(1e6 / framerate, kIntervalMemory);
    pixels_ = static_cast<double>(pixels);
    max_ = max;
    horizon_ = horizon;
  }
  void SetBitrate(double bitrate) { bitrate_ = bitrate; }

  int Next(int64_t pts, bool key_frame) {
    const double seconds = intervals_.Next(pts) / 1e6;
    share_ = bitrate_ * intervals_.average() / 1e6;
    // What a pause or a scene leaves unused is not saved for later without end.
    balance_ = std::min(balance_ + bitrate_ * seconds, bitrate_ * horizon_);
    key_frame_ = key_frame;
    if (complexity_ <= 0) {
      // A guess: what this many bits for each sample of a picture usually allow.
      quantizer_ = kTypicalQuantizer - kTypicalSlope * std::log2(share_ / pixels_ / kTypicalBits);
    } else {
      const double left = balance_ - share_;
      const double wanted = share_ * std::clamp(1 + left / (bitrate_ * horizon_), kLeastShare, kLargestShare);
      const double ideal = 6 * std::log2(complexity_ / wanted);
      const double step = frames_ < kLearningFrames ? kLearningStep : kLargestStep;
      quantizer_ = std::clamp(ideal, quantizer_ - step, quantizer_ + step);
    }
    quantizer_ = std::clamp(quantizer_, 1.0, static_cast<double>(max_));
    // The fraction goes to the next frames.
    const double exact = quantizer_ + fraction_ - (key_frame && frames_ > 0 ? kKeyFrameGain : 0);
    told_ = std::clamp(static_cast<int>(std::lround(exact)), 1, max_);
    fraction_ = key_frame ? 0 : std::clamp(exact - told_, -0.5, 0.5);
    return told_;
  }

  // The size of the frame that Next() was last called for.
  void Took(int64_t bits) {
    balance_ -= static_cast<double>(bits);
    // As bits of quantizer 0.
    double seen = std::max(static_cast<double>(bits), 1.0) * std::exp2(told_ / 6.0);
    if (key_frame_) {
      if (frames_++ == 0) complexity_ = seen / kKeyFrameSize;
      return;
    }
    ++frames_;
    // A scene that begins tells little about the frames behind it.
    if (frames_ > kLearningFrames) seen = std::min(seen, kLargestLeap * complexity_);
    const double weight = frames_ < kLearningFrames ? 0.5 : kWeight;
    complexity_ = std::exp2(std::log2(complexity_) * (1 - weight) + std::log2(seen) * weight);
  }

 private:
  static constexpr double kIntervalMemory = 60;
  static constexpr double kTypicalQuantizer = 30, kTypicalBits = 0.1, kTypicalSlope = 5;
  static constexpr double kKeyFrameGain = 2, kKeyFrameSize = 6;
  static constexpr double kLeastShare = 0.4, kLargestShare = 2;
  static constexpr int64_t kLearningFrames = 8;
  static constexpr double kLearningStep = 4, kLargestStep = 1.5;
  static constexpr double kWeight = 0.15, kLargestLeap = 8;
  FrameIntervals intervals_;
  double pixels_ = 1, horizon_ = 1, bitrate_ = 1;
  int max_ = 51;
  double share_ = 0, balance_ = 0, complexity_ = 0;
  double quantizer_ = 30, fraction_ = 0;
  int told_ = 30;
  int64_t frames_ = 0;
  bool key_frame_ = false;
};

}  // namespace webcodecs
