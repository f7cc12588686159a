// libopus driven directly: FFmpeg's wrapper has neither signal nor DTX, and does not tell the pre-skip in time.
#if WITH_OPUS

#include <opus_multistream.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "audio/audio_encoder.h"
#include "audio/channel_layout.h"

namespace webcodecs {

namespace {

struct OpusEncoderDeleter {
  void operator()(OpusMSEncoder* encoder) const { opus_multistream_encoder_destroy(encoder); }
};

Status OpusStatus(int error) {
  return Status(error == OPUS_ALLOC_FAIL ? StatusCode::kOutOfMemory : StatusCode::kEncoding,
                std::string("libopus: ") + opus_strerror(error));
}

class OpusEncoderBackend final : public AudioEncoderBackend {
 public:
  Status Open(const AudioEncoderPlan& plan) override;
  int frame_size() const override { return frame_size_; }
  Status Encode(AVFrame* frame, const AudioPacketSink& sink) override;
  std::vector<uint8_t> description() const override;

 private:
  int Set();
  Status EncodePacket(const AudioPacketSink& sink);

  // RFC 7845, section 5.1.1: 0 for mono and stereo, 1 for the orders of Vorbis.
  int mapping_family() const { return plan_.channels <= 2 ? 0 : 1; }

  AudioEncoderPlan plan_;
  std::unique_ptr<OpusMSEncoder, OpusEncoderDeleter> encoder_;
  int frame_size_ = 0;
  int streams_ = 0, coupled_ = 0;
  unsigned char mapping_[kMaxCodecChannels] = {};
  opus_int32 lookahead_ = 0;
  std::vector<float> input_;  // one frame, in the stream's order of channels
  std::vector<uint8_t> packet_;
  int64_t samples_in_ = 0, samples_out_ = 0;
};

Status OpusEncoderBackend::Open(const AudioEncoderPlan& plan) {
  static constexpr int kApplications[] = {OPUS_APPLICATION_VOIP, OPUS_APPLICATION_AUDIO,
                                          OPUS_APPLICATION_RESTRICTED_LOWDELAY};
  plan_ = plan;
  frame_size_ = static_cast<int>(int64_t{plan.sample_rate} * plan.config.frame_duration / 1000000);
  int error = OPUS_OK;
  encoder_.reset(opus_multistream_surround_encoder_create(plan.sample_rate, plan.channels, mapping_family(), &streams_,
                                                          &coupled_, mapping_,
                                                          kApplications[plan.config.application], &error));
  if (!encoder_) return OpusStatus(error);
  error = Set();
  if (error != OPUS_OK) return OpusStatus(error);
  input_.resize(static_cast<size_t>(frame_size_) * static_cast<size_t>(plan.channels));
  // The largest packet: of each stream, three frames of 1275 bytes with their sizes.
  packet_.resize(static_cast<size_t>(streams_) * (1275 * 3 + 7));
  return Status::Ok();
}

int OpusEncoderBackend::Set() {
  static constexpr int kSignals[] = {OPUS_AUTO, OPUS_SIGNAL_MUSIC, OPUS_SIGNAL_VOICE};
  const AudioEncoderConfig& config = plan_.config;
  OpusMSEncoder* encoder = encoder_.get();
  const opus_int32 bitrate = plan_.bitrate > 0 ? static_cast<opus_int32>(plan_.bitrate) : OPUS_AUTO;
  for (const int error : {
           opus_multistream_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate)),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_VBR(config.constant_bitrate ? 0 : 1)),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_VBR_CONSTRAINT(0)),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(config.complexity)),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_SIGNAL(kSignals[config.signal])),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(config.packet_loss)),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(config.fec ? 1 : 0)),
           opus_multistream_encoder_ctl(encoder, OPUS_SET_DTX(config.dtx ? 1 : 0)),
           opus_multistream_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(&lookahead_)),
       }) {
    if (error != OPUS_OK) return error;
  }
  return OPUS_OK;
}

Status OpusEncoderBackend::Encode(AVFrame* frame, const AudioPacketSink& sink) {
  std::fill(input_.begin(), input_.end(), 0.0f);
  if (frame) {
    const float* source = reinterpret_cast<const float*>(frame->data[0]);
    const int* order = VorbisOrder(plan_.channels);
    const size_t channels = static_cast<size_t>(plan_.channels);
    for (size_t i = 0; i < static_cast<size_t>(frame->nb_samples); i++) {
      for (size_t c = 0; c < channels; c++) input_[i * channels + c] = source[i * channels + static_cast<size_t>(order[c])];
    }
    samples_in_ += frame->nb_samples;
    return EncodePacket(sink);
  }
  // Silence, until the last sample has passed the lookahead.
  while (samples_out_ < samples_in_ + lookahead_) {
    Status status = EncodePacket(sink);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status OpusEncoderBackend::EncodePacket(const AudioPacketSink& sink) {
  const int size = opus_multistream_encode_float(encoder_.get(), input_.data(), frame_size_, packet_.data(),
                                                 static_cast<opus_int32>(packet_.size()));
  if (size < 0) return OpusStatus(size);
  samples_out_ += frame_size_;
  return sink(packet_.data(), static_cast<size_t>(size), frame_size_);
}

// The identification header (RFC 7845, section 5.1).
std::vector<uint8_t> OpusEncoderBackend::description() const {
  std::vector<uint8_t> head{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, static_cast<uint8_t>(plan_.channels)};
  const auto add = [&head](uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) head.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  add(static_cast<uint32_t>(lookahead_), 2);  // pre-skip
  add(static_cast<uint32_t>(plan_.config.sample_rate), 4);
  add(0, 2);  // output gain
  add(static_cast<uint32_t>(mapping_family()), 1);
  if (mapping_family() != 0) {
    add(static_cast<uint32_t>(streams_), 1);
    add(static_cast<uint32_t>(coupled_), 1);
    head.insert(head.end(), mapping_, mapping_ + plan_.channels);
  }
  return head;
}

}  // namespace

std::unique_ptr<AudioEncoderBackend> CreateOpusEncoder() { return std::make_unique<OpusEncoderBackend>(); }

}  // namespace webcodecs

#endif  // WITH_OPUS
