// For rate control that counts frames instead of reading timestamps: tells by how much to scale the bitrate so that the
// bits per second come out right at the frame rate that really arrives.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace webcodecs {

class RatePacer {
 public:
  // `framerate` is what the encoder was told.
  void Begin(double framerate) {
    nominal_ = 1e6 / framerate;
    average_ = nominal_;
    factor_ = 1;
    count_ = 0;
  }

  // `pts` in microseconds, increasing. Returns the factor for the frame with this pts.
  double Next(int64_t pts) {
    if (count_++ > 0) {
      // A pause is no reason to spend its bits on the frame that ends it.
      const double interval = std::min(static_cast<double>(pts - last_), kLongestInterval);
      // The average of all frames so far, as the encoder too accounts for all of them; of the last ones in the long run.
      const double weight = 1.0 / std::min<double>(static_cast<double>(count_), kMemory);
      average_ += (interval - average_) * weight;
    }
    last_ = pts;
    const double wanted = average_ / nominal_;
    // Each change makes the encoder compute its state anew: small ones are not worth it.
    if (std::abs(wanted - factor_) > kStep * factor_) factor_ = wanted;
    return factor_;
  }

 private:
  static constexpr double kLongestInterval = 2e6;
  static constexpr double kMemory = 1000;
  static constexpr double kStep = 0.02;
  double nominal_ = 1, average_ = 1, factor_ = 1;
  int64_t last_ = 0;
  int64_t count_ = 0;
};

}  // namespace webcodecs
