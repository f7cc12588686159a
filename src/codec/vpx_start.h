// VP9's constant rate begins with a coarse quantizer and limits each frame to what the average of those before allows:
// an easy picture reaches its rate after 40 frames, nearly three seconds at 15 frames per second. So the sizes of the
// first packets bring the library's coarsest quantizer down, until what it chooses by itself is below.
#pragma once

#include <algorithm>
#include <cmath>

namespace webcodecs::vpx {

class QuantizerStart {
 public:
  // `finest` and `coarsest`: the limits in force, of the library's 0..63.
  void Begin(int finest, int coarsest) {
    finest_ = finest;
    limit_ = coarsest_ = coarsest;
    frames_ = finer_ = 0;
    elapsed_ = owed_ = 0;
  }

  bool ended() const { return frames_ < 0; }
  // The coarsest quantizer for the next frame.
  int limit() const { return limit_; }

  // A packet whose frame stands for `seconds`; its size as the seconds that the bitrate takes to send it.
  void Add(int quantizer, double size_seconds, double seconds, bool key) {
    if (key) {
      // The rest of the first second makes up for what its key frame took, as far as this leaves a picture.
      if (frames_++ == 0) owed_ = std::clamp(size_seconds - seconds, 0.0, kLargestDebt);
      return;
    }
    elapsed_ += seconds;
    // The library refines single frames that others refer to by itself: they tell nothing about the rest.
    finer_ = frames_ > 1 && quantizer < limit_ ? finer_ + 1 : 0;
    if (++frames_ > kMostFrames || finer_ >= kFinerFrames) {
      limit_ = coarsest_;
      frames_ = -1;
      return;
    }
    if (finer_ > 0) return;
    const double target = seconds * (elapsed_ < 1 ? 1 - owed_ : 1);
    const double steps = kStepsForDouble * std::log2(std::max(size_seconds, kLeastShare * target) / target);
    limit_ = std::clamp(quantizer + static_cast<int>(steps), finest_, coarsest_);
  }

 private:
  static constexpr int kMostFrames = 60;
  static constexpr int kFinerFrames = 3;
  // Of the library's 64 quantizers, fewer than halve the size of a frame (11 to 14 at 720p).
  static constexpr double kStepsForDouble = 8;
  static constexpr double kLeastShare = 1.0 / 16;
  static constexpr double kLargestDebt = 0.6;
  int finest_ = 0, coarsest_ = 63, limit_ = 63;
  int frames_ = -1;
  int finer_ = 0;
  double elapsed_ = 0, owed_ = 0;
};

}  // namespace webcodecs::vpx
