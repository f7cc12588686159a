#include "audio/audio_decode_worker.h"

#include <algorithm>
#include <utility>

#include "audio/audio_buffer.h"
#include "audio/opus_rate.h"

namespace webcodecs {

namespace {

// Frames that may wait for JavaScript at once.
constexpr int kMaxUndeliveredFrames = 256;

// Removes samples from the front of a frame.
void Trim(AVFrame* frame, int samples) {
  const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame->format)) != 0;
  const int channels = frame->ch_layout.nb_channels;
  const int bytes = av_get_bytes_per_sample(static_cast<AVSampleFormat>(frame->format)) * samples;
  for (int i = 0; i < (planar ? channels : 1); i++) {
    frame->extended_data[i] += planar ? bytes : bytes * channels;
    if (frame->extended_data != frame->data && i < AV_NUM_DATA_POINTERS) frame->data[i] = frame->extended_data[i];
  }
  frame->nb_samples -= samples;
}

}  // namespace

AudioDecodeWorker::AudioDecodeWorker(std::shared_ptr<EnvState> env, int32_t codec_id)
    : AsyncWorker(std::move(env), codec_id, Delivery::kBatched), gate_(kMaxUndeliveredFrames) {}

void AudioDecodeWorker::Configure(AudioDecoderConfig config) {
  Submit([this, config = std::move(config)] { EndTask(Failed() ? Status::Ok() : DoConfigure(config), ConfiguredEvent{}); });
}

void AudioDecodeWorker::Decode(AudioDecodeInput input) {
  Submit([this, input = std::move(input)]() mutable {
    Status status = Failed() || Stale() ? Status::Ok() : DoDecode(input);
    input.packet.reset();
    EndTask(status, DoneEvent{1});
  });
}

Status AudioDecodeWorker::DoConfigure(const AudioDecoderConfig& config) {
  AVCodecContextPtr context;
  Status status = OpenAudioDecoder(config, &context);
  if (!status.ok()) return status;
  // What was decoded under the old configuration comes out before the new one begins.
  status = Drain();
  if (!status.ok()) return status;
  DestroyCodec();
  config_ = config;
  context_ = std::move(context);
  return Status::Ok();
}

void AudioDecodeWorker::BeginStretch(int64_t timestamp) {
  in_stretch_ = true;
  to_skip_ = config_.pre_skip;
  const int64_t pre_skip = av_rescale(config_.pre_skip, 1000000, kOpusRate);
  // A demuxer that knows of the pre-skip has put it before zero already.
  shift_ = std::max<int64_t>(pre_skip + std::min<int64_t>(timestamp, 0), 0);
}

Status AudioDecodeWorker::DoDecode(AudioDecodeInput& input) {
  if (!context_) return Status(StatusCode::kInternal, "decode before configure");
  AVPacket* packet = input.packet.get();
  // Streams may end with a packet that is empty; to FFmpeg it would be the end indeed.
  if (packet->size == 0) return Status::Ok();
  if (!in_stretch_) BeginStretch(input.timestamp);
  packet->pts = packet->dts = input.timestamp;
  int result;
  while ((result = avcodec_send_packet(context_.get(), packet)) == AVERROR(EAGAIN)) {
    Status status = ReceiveFrames();
    if (!status.ok()) return status;
  }
  if (result < 0) return Status::FromAv(StatusCode::kEncoding, context_->codec->name, result);
  return ReceiveFrames();
}

Status AudioDecodeWorker::ReceiveFrames() {
  for (;;) {
    AVFramePtr frame(av_frame_alloc());
    if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
    const int result = avcodec_receive_frame(context_.get(), frame.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return Status::Ok();
    if (result < 0) return Status::FromAv(StatusCode::kEncoding, context_->codec->name, result);
    if (Stale()) continue;
    Status status = EmitFrame(std::move(frame));
    if (!status.ok()) return status;
  }
}

Status AudioDecodeWorker::EmitFrame(AVFramePtr frame) {
  const int rate = frame->sample_rate;
  if (rate <= 0 || frame->nb_samples <= 0) return Status::Ok();
  if (frame->pts != AV_NOPTS_VALUE) {
    anchor_ = frame->pts;
    since_anchor_ = 0;
  }
  const int skipped = std::min(to_skip_, frame->nb_samples);
  const int64_t timestamp = anchor_ + av_rescale(since_anchor_ + skipped, 1000000, rate) - shift_;
  since_anchor_ += frame->nb_samples;
  if (skipped > 0) {
    to_skip_ -= skipped;
    if (skipped == frame->nb_samples) return Status::Ok();
    Trim(frame.get(), skipped);
  }
  AudioDataEvent event{AudioBuffer::FromAVFrame(std::move(frame)), rate, timestamp, nullptr};
  if (!event.buffer) return Status(StatusCode::kEncoding, "the decoder gives samples of a type without a name");
  event.gate = gate_.Enter();
  if (!Stale()) Post(std::move(event));
  return Status::Ok();
}

Status AudioDecodeWorker::Drain() {
  if (!context_) return Status::Ok();
  const int result = avcodec_send_packet(context_.get(), nullptr);
  if (result < 0 && result != AVERROR_EOF) {
    return Status::FromAv(StatusCode::kEncoding, context_->codec->name, result);
  }
  Status status = ReceiveFrames();
  avcodec_flush_buffers(context_.get());
  in_stretch_ = false;
  return status;
}

void AudioDecodeWorker::DestroyCodec() {
  context_.reset();
  in_stretch_ = false;
}

}  // namespace webcodecs
