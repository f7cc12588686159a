#include "capture/audio_ring.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "audio/audio_resampler.h"
#include "audio/channel_layout.h"
#include "util/counters.h"

extern "C" {
#include <libavutil/mathematics.h>
}

namespace webcodecs {

namespace {

constexpr SampleFormat kFormat{SampleType::kF32, true};
constexpr size_t kMaxBytes = size_t{2} << 30;
constexpr int64_t kSecond = 1'000'000;
// Nearer than this to the end, a stretch goes on: rates that do not divide a second round.
constexpr int64_t kSameMicros = 1000;

// Copies to a plane of `capacity` samples from `position` on, round its end. Null: silence.
void WriteRound(float* plane, int64_t capacity, int64_t position, const float* source, int64_t count) {
  while (count > 0) {
    const int64_t at = position % capacity, run = std::min(count, capacity - at);
    const size_t bytes = static_cast<size_t>(run) * sizeof(float);
    if (source) {
      std::memcpy(plane + at, source, bytes);
      source += run;
    } else {
      std::memset(plane + at, 0, bytes);
    }
    position += run;
    count -= run;
  }
}

}  // namespace

AudioRing::Shape AudioRing::ShapeFor(int sample_rate, int channels, int64_t micros) {
  return {sample_rate, channels, std::max<int64_t>(av_rescale_rnd(micros, sample_rate, kSecond, AV_ROUND_UP), 1)};
}

int64_t AudioRing::MicrosOf(int64_t samples) const { return av_rescale(samples, kSecond, shape_.sample_rate); }

int64_t AudioRing::Translate(int64_t position, int sample_rate) const {
  if (sample_rate == 0 || sample_rate == shape_.sample_rate) return position;
  return av_rescale(position, shape_.sample_rate, sample_rate);
}

int64_t AudioRing::begin() const { return std::max(oldest_, end_ - shape_.capacity); }

void AudioRing::BeginStretch(int64_t timestamp) {
  if (!stretches_.empty()) {
    const int64_t expected = TimestampAt(end_);
    if (timestamp < expected + kSameMicros) return;
    // Nothing was written to the last one.
    if (stretches_.back().position == end_) stretches_.pop_back();
  }
  stretches_.push_back({end_, timestamp});
}

void AudioRing::Append(const uint8_t* const* planes, int64_t count) {
  if (stretches_.empty()) stretches_.push_back({end_, 0});
  // Of more than the ring holds only the end stays.
  const int64_t skipped = std::max<int64_t>(count - shape_.capacity, 0);
  for (int c = 0; c < shape_.channels; c++) {
    const float* source = reinterpret_cast<const float*>(planes[c]) + skipped;
    WriteRound(Plane(memory_, shape_, c), shape_.capacity, end_ + skipped, source, count - skipped);
  }
  end_ += count;
  while (stretches_.size() > 1 && stretches_[1].position <= begin()) stretches_.pop_front();
}

size_t AudioRing::StretchOf(int64_t position) const {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), position,
                                      [](int64_t value, const Stretch& stretch) { return value < stretch.position; });
  return after == stretches_.begin() ? 0 : static_cast<size_t>(after - stretches_.begin()) - 1;
}

int64_t AudioRing::StretchEnd(size_t index) const {
  return index + 1 < stretches_.size() ? stretches_[index + 1].position : end_;
}

int64_t AudioRing::TimestampAt(int64_t position) const {
  if (stretches_.empty()) return 0;
  const Stretch& stretch = stretches_[StretchOf(position)];
  return stretch.timestamp + MicrosOf(position - stretch.position);
}

int64_t AudioRing::PositionAt(int64_t timestamp) const {
  if (stretches_.empty()) return end_;
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), timestamp,
                                      [](int64_t value, const Stretch& stretch) { return value < stretch.timestamp; });
  if (after == stretches_.begin()) return begin();
  const size_t index = static_cast<size_t>(after - stretches_.begin()) - 1;
  const Stretch& stretch = stretches_[index];
  const int64_t position =
      stretch.position + av_rescale(timestamp - stretch.timestamp, shape_.sample_rate, kSecond);
  // In the gap behind a stretch: where the next one begins.
  return std::max(begin(), std::min(position, StretchEnd(index)));
}

int64_t AudioRing::RunLength(int64_t position) const {
  return position >= end_ || stretches_.empty() ? 0 : StretchEnd(StretchOf(position)) - position;
}

void AudioRing::CopyPlane(int channel, int64_t position, int64_t count, float* destination) const {
  const float* plane = Plane(memory_, shape_, channel);
  const int64_t first = position % shape_.capacity, until_wrap = std::min(count, shape_.capacity - first);
  std::memcpy(destination, plane + first, static_cast<size_t>(until_wrap) * sizeof(float));
  std::memcpy(destination + until_wrap, plane, static_cast<size_t>(count - until_wrap) * sizeof(float));
}

AudioBufferPtr AudioRing::Copy(int64_t position, int64_t count) const {
  const size_t size = static_cast<size_t>(count) * static_cast<size_t>(shape_.channels) * sizeof(float);
  PoolBufferPtr buffer = FramePool::Global().Acquire(size, AllocationKind::kCopy);
  if (!buffer) return nullptr;
  float* samples = reinterpret_cast<float*>(buffer->data());
  for (int c = 0; c < shape_.channels; c++) CopyPlane(c, position, count, samples + c * count);
  const uint8_t* data = buffer->data();
  return AudioBuffer::FromMemory(kFormat, shape_.channels, static_cast<size_t>(count), data,
                                 WrapPoolBuffer(std::move(buffer)), false);
}

Status AudioRing::Reshape(const Shape& shape) {
  if (is_allocated() && shape == shape_) return Status::Ok();
  const size_t bytes = static_cast<size_t>(shape.capacity) * static_cast<size_t>(shape.channels) * sizeof(float);
  if (bytes > kMaxBytes) {
    return Status(StatusCode::kOutOfMemory,
                  "expected at most 2 GiB for the ring buffer but " + std::to_string(bytes >> 20) + " MiB are asked for");
  }
  PoolBufferPtr memory = FramePool::Global().Acquire(bytes, AllocationKind::kDecodedSamples);
  if (!memory) return Status(StatusCode::kOutOfMemory, "out of memory for the ring buffer");
  GlobalCounters().capture_rings.fetch_add(1, std::memory_order_relaxed);
  if (is_allocated()) {
    Status status = Resample(shape, memory);
    if (!status.ok()) return status;
    const int64_t oldest = begin();
    const int rate = shape_.sample_rate;
    const auto translate = [&](int64_t position) { return av_rescale(position, shape.sample_rate, rate); };
    for (Stretch& stretch : stretches_) stretch.position = translate(stretch.position);
    oldest_ = translate(oldest);
    end_ = translate(end_);
    if (rate != shape.sample_rate) epoch_++;
  }
  memory_ = std::move(memory);
  shape_ = shape;
  return Status::Ok();
}

// Each stretch by itself, in pieces, to where it belongs in the new memory.
Status AudioRing::Resample(const Shape& shape, const PoolBufferPtr& memory) const {
  constexpr int64_t kPiece = 16384;
  std::vector<float> samples(static_cast<size_t>(kPiece) * static_cast<size_t>(shape_.channels));
  std::vector<const uint8_t*> planes(static_cast<size_t>(shape_.channels));
  for (size_t c = 0; c < planes.size(); c++) planes[c] = reinterpret_cast<const uint8_t*>(samples.data() + c * kPiece);
  const bool converts = shape.sample_rate != shape_.sample_rate || shape.channels != shape_.channels;
  for (size_t index = 0; index < stretches_.size(); index++) {
    const int64_t from = std::max(stretches_[index].position, begin()), until = StretchEnd(index);
    int64_t to = av_rescale(from, shape.sample_rate, shape_.sample_rate);
    const int64_t to_end = av_rescale(until, shape.sample_rate, shape_.sample_rate);
    const auto write = [&](const uint8_t* const* source, int64_t count) {
      count = std::min(count, to_end - to);
      for (int c = 0; c < shape.channels; c++) {
        const float* samples = source ? reinterpret_cast<const float*>(source[c]) : nullptr;
        WriteRound(Plane(memory, shape, c), shape.capacity, to, samples, count);
      }
      to += count;
    };
    AudioResampler resampler;
    AudioResampler::Scratch out;
    if (converts) {
      Status status = resampler.Open({DefaultLayout(shape_.channels), shape_.sample_rate},
                                     {DefaultLayout(shape.channels), shape.sample_rate});
      if (!status.ok()) return status;
    }
    for (int64_t at = from; at < until; at += kPiece) {
      const int64_t count = std::min(kPiece, until - at);
      for (int c = 0; c < shape_.channels; c++) CopyPlane(c, at, count, samples.data() + c * kPiece);
      if (!converts) {
        write(planes.data(), count);
        continue;
      }
      Status status = resampler.Convert(planes.data(), static_cast<int>(count), &out);
      if (!status.ok()) return status;
      write(out.planes(), out.count());
    }
    if (!converts) continue;
    Status status = resampler.Convert(nullptr, 0, &out);
    if (!status.ok()) return status;
    write(out.planes(), out.count());
    // The filter may end a sample short of where the next stretch begins.
    write(nullptr, to_end - to);
  }
  return Status::Ok();
}

}  // namespace webcodecs
