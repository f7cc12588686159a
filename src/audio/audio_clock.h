// Timestamps of packets: those of the input, carried on by counting samples, so that nothing is rounded twice.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

extern "C" {
#include <libavutil/mathematics.h>
}

namespace webcodecs {

class AudioClock {
 public:
  // Rates are in Hz: of the input, and of the codec, whose samples positions count.
  void Begin(int input_rate, int codec_rate) {
    input_rate_ = input_rate;
    codec_rate_ = codec_rate;
    input_count_ = 0;
    stretches_.clear();
  }

  // `frames` samples of input at `timestamp` (microseconds). Further than `tolerance` from where the count is, it begins
  // a new stretch; nearer, it is taken for jitter.
  void AddInput(int64_t timestamp, int64_t frames, int64_t tolerance) {
    const std::optional<int64_t> expected = Expected();
    if (!expected || timestamp - *expected > tolerance || *expected - timestamp > tolerance) {
      const int64_t position = av_rescale_rnd(input_count_, codec_rate_, input_rate_, AV_ROUND_UP);
      stretches_.push_back({input_count_, position, timestamp});
    }
    input_count_ += frames;
  }

  // The times in microseconds at which `samples` samples from `position` on begin and end. Positions grow.
  struct Span {
    int64_t begin, end;
  };
  Span At(int64_t position, int64_t samples) {
    while (stretches_.size() > 1 && stretches_[1].position <= position) stretches_.pop_front();
    const Stretch& stretch = stretches_.front();
    return {TimeOf(stretch, position), TimeOf(stretch, position + samples)};
  }

 private:
  struct Stretch {
    int64_t input_count;  // samples of input before it
    int64_t position;     // the same in samples of the codec
    int64_t timestamp;
  };

  std::optional<int64_t> Expected() const {
    if (stretches_.empty()) return std::nullopt;
    const Stretch& last = stretches_.back();
    return last.timestamp + av_rescale(input_count_ - last.input_count, 1000000, input_rate_);
  }
  int64_t TimeOf(const Stretch& stretch, int64_t position) const {
    return stretch.timestamp + av_rescale(position - stretch.position, 1000000, codec_rate_);
  }

  int input_rate_ = 1, codec_rate_ = 1;
  int64_t input_count_ = 0;
  std::deque<Stretch> stretches_;
};

}  // namespace webcodecs
