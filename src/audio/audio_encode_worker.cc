#include "audio/audio_encode_worker.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "audio/channel_layout.h"
#include "audio/convert_samples.h"
#include "audio/pool_samples.h"
#include "media/pool_array.h"

namespace webcodecs {

namespace {

// Rounds to 24 bits in place: encoders cut the lower eight off.
void RoundTo24Bits(int32_t* samples, int64_t count) {
  constexpr int32_t kHalf = 128, kMask = ~255;
  constexpr int32_t kHighest = INT32_MAX & kMask;
  for (int64_t i = 0; i < count; i++) {
    samples[i] = samples[i] >= kHighest ? kHighest : (samples[i] + kHalf) & kMask;
  }
}

}  // namespace

void AudioEncodeWorker::Configure(AudioEncoderConfig config) {
  Submit([this, config = std::move(config)] { EndTask(Failed() ? Status::Ok() : DoConfigure(config), ConfiguredEvent{}); });
}

void AudioEncodeWorker::Encode(AudioEncodeInput input) {
  Submit([this, input = std::move(input)]() mutable {
    Status status = Failed() || Stale() ? Status::Ok() : DoEncode(input);
    input.buffer.reset();
    EndTask(status, DoneEvent{1});
  });
}

Status AudioEncodeWorker::DoConfigure(const AudioEncoderConfig& config) {
  AudioEncoderPlan plan;
  Status status = ResolveAudioEncoder(config, &plan);
  if (!status.ok()) return status;
  // What was encoded under the old configuration comes out before the new one begins.
  status = Drain();
  if (!status.ok()) return status;
  DestroyCodec();
  plan_ = std::move(plan);
  configured_ = true;
  return Status::Ok();
}

Status AudioEncodeWorker::OpenEncoder(SampleType first) {
  open_plan_ = PlanForInput(plan_, first);
  auto encoder = CreateAudioEncoder(open_plan_);
  Status status = encoder->Open(open_plan_);
  const AudioEncoderConfig& config = plan_.config;
  if (status.ok() && (config.sample_rate != plan_.sample_rate || config.channels != plan_.channels)) {
    const bool remixes = config.channels != plan_.channels;
    const AVChannelLayout destination = CodecLayout(config.codec, plan_.channels);
    status = resampler_.Open({remixes ? DefaultLayout(config.channels) : destination, config.sample_rate},
                             {destination, plan_.sample_rate});
  }
  if (!status.ok()) return Status(StatusCode::kEncoding, status.message());
  encoder_ = std::move(encoder);
  sink_ = [this](const uint8_t* data, size_t size, int64_t samples) { return TakePacket(data, size, samples); };
  clock_.Begin(config.sample_rate, plan_.sample_rate);
  sent_ = 0;
  position_ = 0;
  described_ = false;
  return Status::Ok();
}

Status AudioEncodeWorker::DoEncode(const AudioEncodeInput& input) {
  if (!configured_) return Status(StatusCode::kInternal, "encode before configure");
  const AudioBuffer& buffer = *input.buffer;
  const AudioEncoderConfig& config = plan_.config;
  if (input.sample_rate != config.sample_rate || buffer.channels() != config.channels) {
    return Status(StatusCode::kEncoding, "expected " + std::to_string(config.channels) + " channels at " +
                                             std::to_string(config.sample_rate) + " Hz as configured but received " +
                                             std::to_string(buffer.channels()) + " at " +
                                             std::to_string(input.sample_rate));
  }
  if (!encoder_) {
    Status status = OpenEncoder(buffer.format().type);
    if (!status.ok()) return status;
  }
  const int64_t frames = static_cast<int64_t>(buffer.frames());
  // A codec without frames of its own has the input's.
  const int64_t frame = encoder_->frame_size() > 0 ? encoder_->frame_size() : frames;
  clock_.AddInput(input.timestamp, frames, av_rescale_rnd(frame, 1000000, plan_.sample_rate, AV_ROUND_UP));
  if (resampler_.is_open()) return Resample(buffer);
  std::vector<const uint8_t*> planes;
  for (int i = 0; i < (buffer.format().planar ? buffer.channels() : 1); i++) planes.push_back(buffer.plane(i));
  return Append({planes.data(), buffer.format(), buffer.channels(), frames});
}

Status AudioEncodeWorker::Resample(const AudioBuffer& buffer) {
  // In pieces, so that a very long AudioData needs little memory.
  constexpr size_t kPiece = 16384;
  constexpr SampleFormat kFormat{SampleType::kF32, true};
  const size_t channels = static_cast<size_t>(buffer.channels());
  PoolArray<float> samples(channels * std::min(kPiece, buffer.frames()));
  for (size_t offset = 0; offset < buffer.frames(); offset += kPiece) {
    const size_t count = std::min(kPiece, buffer.frames() - offset);
    const uint8_t* planes[kMaxCodecChannels] = {};
    for (size_t c = 0; c < channels; c++) {
      uint8_t* plane = reinterpret_cast<uint8_t*>(samples.data() + c * count);
      buffer.Copy(kFormat, static_cast<int>(c), offset, count, plane);
      planes[c] = plane;
    }
    AVFramePtr out;
    Status status = resampler_.Convert(planes, static_cast<int>(count), &out);
    if (status.ok()) status = Append({out->extended_data, kFormat, plan_.channels, out->nb_samples});
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status AudioEncodeWorker::Append(const Samples& samples) {
  const SampleFormat to = open_plan_.format, from = samples.format;
  const size_t to_bytes = SampleBytes(to.type), from_bytes = SampleBytes(from.type);
  const ptrdiff_t to_stride = to.planar ? 1 : samples.channels, from_stride = from.planar ? 1 : samples.channels;
  for (int64_t offset = 0; offset < samples.count;) {
    if (!frame_) {
      Status status = NewFrame(samples.count);
      if (!status.ok()) return status;
    }
    const int64_t count = std::min<int64_t>(samples.count - offset, frame_->nb_samples - filled_);
    for (int c = 0; c < samples.channels; c++) {
      const uint8_t* source = samples.planes[from.planar ? c : 0] +
                              static_cast<size_t>(offset * from_stride + (from.planar ? 0 : c)) * from_bytes;
      uint8_t* destination = frame_->extended_data[to.planar ? c : 0] +
                             static_cast<size_t>(filled_ * to_stride + (to.planar ? 0 : c)) * to_bytes;
      // Interleaved on both sides, all channels are one run of samples.
      const bool whole = !to.planar && !from.planar;
      ConvertSamples(source, from.type, whole ? 1 : from_stride, destination, to.type, whole ? 1 : to_stride,
                     static_cast<size_t>(whole ? count * samples.channels : count));
      if (whole) break;
    }
    filled_ += static_cast<int>(count);
    offset += count;
    if (filled_ < frame_->nb_samples) continue;
    Status status = EncodeFrame();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status AudioEncodeWorker::NewFrame(int64_t samples) {
  constexpr int64_t kLongest = 1 << 24;
  const int64_t length = encoder_->frame_size() > 0 ? encoder_->frame_size() : std::min(samples, kLongest);
  frame_ = AllocatePoolSamples(open_plan_.format.av_format(), CodecLayout(plan_.config.codec, plan_.channels),
                               plan_.sample_rate, static_cast<int>(length));
  filled_ = 0;
  return frame_ ? Status::Ok() : Status(StatusCode::kOutOfMemory, "out of memory");
}

Status AudioEncodeWorker::EncodeFrame() {
  frame_->nb_samples = filled_;
  frame_->pts = sent_;
  sent_ += filled_;
  if (open_plan_.bits24) {
    RoundTo24Bits(reinterpret_cast<int32_t*>(frame_->data[0]), int64_t{filled_} * plan_.channels);
  }
  const AVFramePtr frame = std::move(frame_);
  return encoder_->Encode(frame.get(), sink_);
}

Status AudioEncodeWorker::TakePacket(const uint8_t* data, size_t size, int64_t samples) {
  if (Stale()) return Status::Ok();
  if (!std::exchange(described_, true)) PostDescription();
  PoolBufferPtr buffer = FramePool::Global().Acquire(size, AllocationKind::kChunk);
  if (!buffer) return Status(StatusCode::kOutOfMemory, "out of memory");
  std::memcpy(buffer->data(), data, size);
  const AudioClock::Span span = clock_.At(position_, samples);
  position_ += samples;
  int64_t timestamp = span.begin;
  // After a drain the padding of the last packet may lie where the next input begins; no two packets have one time.
  const int64_t duration = span.end - span.begin;
  if (last_timestamp_ && timestamp <= *last_timestamp_ && *last_timestamp_ - timestamp < duration) {
    timestamp = *last_timestamp_ + 1;
  }
  last_timestamp_ = timestamp;
  Post(ChunkEvent{std::move(buffer), true, timestamp, duration, 0, nullptr});
  return Status::Ok();
}

void AudioEncodeWorker::PostDescription() {
  std::vector<uint8_t> description = encoder_->description();
  if (description_ && *description_ == description) return;
  description_ = description;
  Post(OutputConfigEvent{std::move(description), ColorSpace{}});
}

Status AudioEncodeWorker::Drain() {
  if (!encoder_) return Status::Ok();
  Status status;
  if (resampler_.is_open()) {
    AVFramePtr out;
    status = resampler_.Convert(nullptr, 0, &out);
    if (status.ok()) status = Append({out->extended_data, {SampleType::kF32, true}, plan_.channels, out->nb_samples});
  }
  if (status.ok() && frame_ && filled_ > 0) status = EncodeFrame();
  if (status.ok()) status = encoder_->Encode(nullptr, sink_);
  // Encoders do not take frames again after a drain: the next input opens a new one.
  CloseEncoder();
  return status;
}

void AudioEncodeWorker::CloseEncoder() {
  encoder_.reset();
  resampler_.Close();
  frame_.reset();
  filled_ = 0;
}

void AudioEncodeWorker::DestroyCodec() {
  CloseEncoder();
  description_.reset();
  last_timestamp_.reset();
  configured_ = false;
}

}  // namespace webcodecs
