// Audio encoders that libavcodec drives.
#include <string>

#include "audio/adts.h"
#include "audio/audio_encoder.h"
#include "audio/channel_layout.h"

namespace webcodecs {

namespace {

constexpr uint8_t kFlacMarker[] = {'f', 'L', 'a', 'C'};
constexpr size_t kStreamInfoSize = 34;

class AvcodecAudioEncoder final : public AudioEncoderBackend {
 public:
  Status Open(const AudioEncoderPlan& plan) override;
  int frame_size() const override { return fixed_frame_size_ ? context_->frame_size : 0; }
  Status Encode(AVFrame* frame, const AudioPacketSink& sink) override;
  std::vector<uint8_t> description() const override;

 private:
  void Configure();
  Status TakePacket(const AudioPacketSink& sink);

  AudioEncoderPlan plan_;
  AVCodecContextPtr context_;
  AVPacketPtr packet_;
  AdtsHeader adts_;
  std::vector<uint8_t> framed_;  // an ADTS frame
  bool fixed_frame_size_ = false;
};

Status AvcodecAudioEncoder::Open(const AudioEncoderPlan& plan) {
  plan_ = plan;
  const AVCodec* codec = avcodec_find_encoder_by_name(plan.encoder);
  if (!codec) return Status(StatusCode::kNotSupported, std::string("no encoder ") + plan.encoder);
  context_.reset(avcodec_alloc_context3(codec));
  packet_.reset(av_packet_alloc());
  if (!context_ || !packet_) return Status(StatusCode::kOutOfMemory, "out of memory");
  Configure();
  AVDictionaryOwner options;
  for (const auto& [name, value] : plan.options) options.Set(name.c_str(), value.c_str());
  const int result = avcodec_open2(context_.get(), codec, options.address());
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, plan.encoder, result);
  if (const char* key = options.FirstKey()) {
    return Status(StatusCode::kNotSupported, std::string(plan.encoder) + " has no option " + key);
  }
  fixed_frame_size_ = context_->frame_size > 0 && !(codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE);
  if (!plan.config.adts) return Status::Ok();
  return adts_.Begin({context_->extradata, context_->extradata + context_->extradata_size}, plan.config.mpeg2);
}

void AvcodecAudioEncoder::Configure() {
  const AudioEncoderConfig& config = plan_.config;
  context_->sample_fmt = plan_.format.av_format();
  context_->sample_rate = plan_.sample_rate;
  context_->ch_layout = CodecLayout(config.codec, plan_.channels);
  context_->time_base = {1, plan_.sample_rate};
  context_->thread_count = 1;
  if (plan_.bits24) context_->bits_per_raw_sample = 24;
  if (plan_.bitrate > 0) context_->bit_rate = plan_.bitrate;
  if (config.codec == "aac") {
    context_->profile = config.mpeg2 ? compat::kProfileMpeg2AacLow : compat::kProfileAacLow;
  } else if (config.codec == "vorbis" && plan_.bitrate > 0 && config.constant_bitrate) {
    context_->rc_min_rate = context_->rc_max_rate = plan_.bitrate;
  } else if (config.codec == "vorbis" && plan_.bitrate == 0) {
    constexpr int kQuality = 3;  // the library's own default
    context_->flags |= AV_CODEC_FLAG_QSCALE;
    context_->global_quality = kQuality * FF_QP2LAMBDA;
  } else if (config.codec == "flac") {
    context_->compression_level = config.compression_level;
    if (config.block_size > 0) context_->frame_size = config.block_size;
  }
}

Status AvcodecAudioEncoder::Encode(AVFrame* frame, const AudioPacketSink& sink) {
  int result = avcodec_send_frame(context_.get(), frame);
  if (result < 0 && result != AVERROR_EOF) return Status::FromAv(StatusCode::kEncoding, plan_.encoder, result);
  for (;;) {
    result = avcodec_receive_packet(context_.get(), packet_.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return Status::Ok();
    if (result < 0) return Status::FromAv(StatusCode::kEncoding, plan_.encoder, result);
    Status status = TakePacket(sink);
    av_packet_unref(packet_.get());
    if (!status.ok()) return status;
  }
}

Status AvcodecAudioEncoder::TakePacket(const AudioPacketSink& sink) {
  // FLAC ends with a packet that only brings a new STREAMINFO.
  if (packet_->size == 0) return Status::Ok();
  const size_t size = static_cast<size_t>(packet_->size);
  // The last packet of a codec with padding would tell what is left of the input, not what it decodes to.
  const bool whole_frames = plan_.config.codec == "aac" || plan_.config.codec == "mp3";
  const int64_t samples = whole_frames ? context_->frame_size : packet_->duration;
  if (!plan_.config.adts) return sink(packet_->data, size, samples);
  const auto header = adts_.For(size);
  framed_.assign(header.begin(), header.end());
  framed_.insert(framed_.end(), packet_->data, packet_->data + size);
  return sink(framed_.data(), framed_.size(), samples);
}

std::vector<uint8_t> AvcodecAudioEncoder::description() const {
  const AudioEncoderConfig& config = plan_.config;
  if (config.adts || (config.codec != "aac" && config.codec != "flac" && config.codec != "vorbis")) return {};
  const std::vector<uint8_t> extradata(context_->extradata, context_->extradata + context_->extradata_size);
  if (config.codec != "flac" || extradata.size() != kStreamInfoSize) return extradata;
  std::vector<uint8_t> out(std::begin(kFlacMarker), std::end(kFlacMarker));
  // The header of a metadata block: the last, of type STREAMINFO, and its size in 24 bits.
  out.insert(out.end(), {0x80, 0, 0, kStreamInfoSize});
  out.insert(out.end(), extradata.begin(), extradata.end());
  return out;
}

}  // namespace

std::unique_ptr<AudioEncoderBackend> CreateAvcodecAudioEncoder() { return std::make_unique<AvcodecAudioEncoder>(); }

}  // namespace webcodecs
