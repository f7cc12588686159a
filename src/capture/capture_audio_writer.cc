#include "capture/capture_audio_writer.h"

#include <algorithm>

#include "audio/channel_layout.h"

extern "C" {
#include <libavutil/mathematics.h>
}

namespace webcodecs {

namespace {

// Timestamps of containers and of networks are that exact.
constexpr int64_t kTolerance = 40'000;

// One that owns no memory.
AVChannelLayout LayoutOf(const AVFrame& frame) {
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_NATIVE) return frame.ch_layout;
  return DefaultLayout(frame.ch_layout.nb_channels);
}

}  // namespace

std::optional<int64_t> CaptureAudioWriter::end() const {
  if (!resampler_.is_open()) return std::nullopt;
  return begin_ + av_rescale(count_, 1'000'000, rate_);
}

bool CaptureAudioWriter::IsOpenFor(const AVFrame& frame) const {
  const AVChannelLayout layout = LayoutOf(frame);
  return resampler_.is_open() && frame.sample_rate == rate_ && frame.format == format_ &&
         av_channel_layout_compare(&layout, &layout_) == 0;
}

Status CaptureAudioWriter::Open(const AVFrame& frame) {
  rate_ = frame.sample_rate;
  format_ = frame.format;
  layout_ = LayoutOf(frame);
  // Without a change of channels the speakers stay what they are.
  const AVChannelLayout to = shape_.channels == layout_.nb_channels ? layout_ : DefaultLayout(shape_.channels);
  return resampler_.Open({layout_, rate_, static_cast<AVSampleFormat>(format_)}, {to, shape_.sample_rate});
}

bool CaptureAudioWriter::WriteConverted() {
  if (scratch_.count() == 0) return true;
  if (!source_->WriteAudio(shape_, is_announced_ ? nullptr : &begin_, scratch_.planes(), scratch_.count())) return false;
  is_announced_ = true;
  return true;
}

void CaptureAudioWriter::Interrupt() {
  if (!resampler_.is_open()) return;
  if (resampler_.Convert(nullptr, 0, &scratch_).ok()) WriteConverted();
  resampler_.Close();
}

Status CaptureAudioWriter::Write(const AVFrame& frame, int64_t timestamp) {
  const std::optional<int64_t> expected = end();
  if (!IsOpenFor(frame) || timestamp > *expected + kTolerance) Interrupt();
  int skipped = 0;
  if (resampler_.is_open() && timestamp < *expected - kTolerance) {
    skipped = static_cast<int>(
        std::min<int64_t>(av_rescale(*expected - timestamp, rate_, 1'000'000), frame.nb_samples));
    if (skipped == frame.nb_samples) return Status::Ok();
  }
  const int64_t begin = resampler_.is_open() ? *expected : timestamp;
  const bool is_planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
  const int channels = frame.ch_layout.nb_channels;
  const int bytes = av_get_bytes_per_sample(static_cast<AVSampleFormat>(frame.format)) * (is_planar ? 1 : channels);
  planes_.resize(static_cast<size_t>(is_planar ? channels : 1));
  for (size_t i = 0; i < planes_.size(); i++) planes_[i] = frame.extended_data[i] + skipped * bytes;
  const int count = frame.nb_samples - skipped;
  for (;;) {
    AudioRing::Shape shape;
    Status status = source_->PrepareAudio(frame.sample_rate, channels, &shape);
    if (!status.ok()) return status;
    const bool has_changed = shape.sample_rate != shape_.sample_rate || shape.channels != shape_.channels;
    if (!resampler_.is_open() || has_changed) {
      // What the old resampler still has, less than a millisecond, was for a ring that is no more.
      shape_ = shape;
      begin_ = begin;
      count_ = 0;
      is_announced_ = false;
      status = Open(frame);
      if (!status.ok()) return status;
    }
    status = resampler_.Convert(planes_.data(), count, &scratch_);
    if (!status.ok()) return status;
    if (WriteConverted()) break;
  }
  count_ += count;
  return Status::Ok();
}

}  // namespace webcodecs
