// The last seconds of a source's sound: planes of f32 in one allocation, written round and round. Not synchronised:
// CaptureSource guards it.
//
// A position counts samples since the source began, and never comes twice. Samples that follow one another in time are a
// stretch; where the source was interrupted another one begins, with a timestamp of its own.
#pragma once

#include <cstdint>
#include <deque>

#include "audio/audio_buffer.h"
#include "media/frame_pool.h"
#include "util/status.h"

namespace webcodecs {

class AudioRing {
 public:
  struct Shape {
    int sample_rate = 0, channels = 0;
    int64_t capacity = 0;  // samples of each channel
    bool operator==(const Shape& other) const {
      return sample_rate == other.sample_rate && channels == other.channels && capacity == other.capacity;
    }
  };
  static Shape ShapeFor(int sample_rate, int channels, int64_t micros);

  // Allocates, or changes to another shape: what is in the ring is resampled and kept as far as there is room. On failure all is as
  // it was.
  Status Reshape(const Shape& shape);
  bool is_allocated() const { return memory_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int64_t bytes() const { return memory_ ? static_cast<int64_t>(memory_->size()) : 0; }
  // Counts the changes of the rate, with which positions change.
  int epoch() const { return epoch_; }
  // What a position of an earlier epoch, with its rate, is now.
  int64_t Translate(int64_t position, int sample_rate) const;

  // The next sample has this timestamp, or that of the end where it would be earlier.
  void BeginStretch(int64_t timestamp);
  void Append(const uint8_t* const* planes, int64_t count);

  // Of the oldest sample, and behind the newest.
  int64_t begin() const;
  int64_t end() const { return end_; }
  int64_t TimestampAt(int64_t position) const;
  // The position nearest to `timestamp`, or the next one behind it where there is a gap.
  int64_t PositionAt(int64_t timestamp) const;
  // How many samples follow one another from `position` on.
  int64_t RunLength(int64_t position) const;
  // A copy of samples that follow one another. Null when memory is out.
  AudioBufferPtr Copy(int64_t position, int64_t count) const;

 private:
  struct Stretch {
    int64_t position, timestamp;
  };

  float* Plane(const PoolBufferPtr& memory, const Shape& shape, int channel) const {
    return reinterpret_cast<float*>(memory->data()) + static_cast<int64_t>(channel) * shape.capacity;
  }
  int64_t MicrosOf(int64_t samples) const;
  // Index of the stretch that `position` lies in.
  size_t StretchOf(int64_t position) const;
  int64_t StretchEnd(size_t index) const;
  void CopyPlane(int channel, int64_t position, int64_t count, float* destination) const;
  Status Resample(const Shape& shape, const PoolBufferPtr& memory) const;

  Shape shape_;
  PoolBufferPtr memory_;
  int epoch_ = 0;
  int64_t end_ = 0;
  // The oldest position that was ever written or kept: after a change of shape not all that there is room for.
  int64_t oldest_ = 0;
  std::deque<Stretch> stretches_;
};

}  // namespace webcodecs
