// How a bitrate is shared between a picture and its alpha, which are two streams of one configuration.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "plan/video_encoder_plan.h"

namespace webcodecs {

class AlphaShare {
 public:
  void Begin(int64_t bitrate) {
    bitrate_ = bitrate;
    color_ = bitrate - LimitOfAlpha();
    bits_ = 0;
    began_ = -1;
  }

  VideoEncoderPlan OfColor(const VideoEncoderPlan& plan) const { return WithBitrate(plan, color_); }
  VideoEncoderPlan OfAlpha(const VideoEncoderPlan& plan) const { return WithBitrate(plan, LimitOfAlpha()); }

  // The alpha of the frame with this pts, in microseconds, took `bits`. Alpha is mostly plain and leaves much of its
  // share unused: returns whether the colour's has changed.
  bool Took(int64_t pts, int64_t bits) {
    if (bitrate_ == 0) return false;
    if (began_ < 0) began_ = pts;
    const int64_t elapsed = pts - began_;
    if (elapsed < kPeriod) {
      bits_ += bits;
      return false;
    }
    const int64_t used = bits_ * kMicrosecondsPerSecond / elapsed;
    began_ = pts;
    bits_ = bits;
    const int64_t color = bitrate_ - std::min(used, LimitOfAlpha());
    if (std::abs(color - color_) * kSmallestStep < bitrate_) return false;
    color_ = color;
    return true;
  }

 private:
  static constexpr int64_t kMicrosecondsPerSecond = 1000000;
  static constexpr int64_t kPeriod = kMicrosecondsPerSecond / 2;
  // The shares of the bitrate that alpha may take, and that are worth a change.
  static constexpr int64_t kAlpha = 4, kSmallestStep = 50;

  int64_t LimitOfAlpha() const { return bitrate_ / kAlpha; }
  static VideoEncoderPlan WithBitrate(VideoEncoderPlan plan, int64_t bitrate) {
    plan.bitrate = bitrate;
    return plan;
  }

  int64_t bitrate_ = 0, color_ = 0, bits_ = 0, began_ = -1;
};

}  // namespace webcodecs
