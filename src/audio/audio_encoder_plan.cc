#include "audio/audio_encoder_plan.h"

#include <algorithm>
#include <array>

#include "audio/audio_encoder.h"
#include "audio/channel_layout.h"
#include "audio/opus_rate.h"
#include "util/log.h"

namespace webcodecs {

namespace {

struct Candidate {
  const char* codec;
  const char* encoder;  // null: libopus
  SampleFormat format;
  int max_channels;
  bool bits24 = false;
};

constexpr SampleFormat kFloatPlanar{SampleType::kF32, true};
constexpr SampleFormat Interleaved(SampleType type) { return {type, false}; }

constexpr Candidate kCandidates[] = {
    {"aac", "aac", kFloatPlanar, kMaxCodecChannels},
#if WITH_OPUS
    {"opus", nullptr, Interleaved(SampleType::kF32), kMaxCodecChannels},
#endif
    {"mp3", "libmp3lame", kFloatPlanar, 2},
    {"flac", "flac", Interleaved(SampleType::kS16), kMaxCodecChannels},
    {"vorbis", "libvorbis", kFloatPlanar, kMaxCodecChannels},
    {"pcm-u8", "pcm_u8", Interleaved(SampleType::kU8), kMaxCodecChannels},
    {"pcm-s16", "pcm_s16le", Interleaved(SampleType::kS16), kMaxCodecChannels},
    {"pcm-s24", "pcm_s24le", Interleaved(SampleType::kS32), kMaxCodecChannels, true},
    {"pcm-s32", "pcm_s32le", Interleaved(SampleType::kS32), kMaxCodecChannels},
    {"pcm-f32", "pcm_f32le", Interleaved(SampleType::kF32), kMaxCodecChannels},
    {"alaw", "pcm_alaw", Interleaved(SampleType::kS16), kMaxCodecChannels},
    {"ulaw", "pcm_mulaw", Interleaved(SampleType::kS16), kMaxCodecChannels},
};

// libvorbis has settings for these rates; outside it opens nothing.
constexpr int kVorbisLowestRate = 8000;

// The rate that the codec takes: the configured one, else the next above, else the highest.
int CodecRate(const Candidate& candidate, int rate) {
  if (!candidate.encoder) return kOpusRate;
  if (std::string(candidate.codec) == "vorbis") return std::max(rate, kVorbisLowestRate);
  const AVCodec* codec = avcodec_find_encoder_by_name(candidate.encoder);
  const int* rates = codec ? compat::SupportedSampleRates(codec) : nullptr;
  if (!rates) return rate;
  int above = 0, highest = 0;
  for (; *rates != 0; rates++) {
    highest = std::max(highest, *rates);
    if (*rates >= rate && (above == 0 || *rates < above)) above = *rates;
  }
  return above != 0 ? above : highest;
}

Status PlanAac(AudioEncoderPlan* plan) {
  constexpr int kFrame = 1024;
  constexpr int kMaxBitsPerChannel = 6144;
  constexpr int kMinRatePerChannel = 6000;
  constexpr int kDefaultRatePerChannel = 64000;
  // ISO/IEC 14496-3 has no channel configuration for seven.
  if (plan->channels == 7) plan->channels = 8;
  const int64_t highest = int64_t{kMaxBitsPerChannel} * plan->channels * plan->sample_rate / kFrame;
  plan->bitrate = plan->config.bitrate;
  if (plan->bitrate == 0) plan->bitrate = std::min<int64_t>(int64_t{kDefaultRatePerChannel} * plan->channels, highest);
  if (plan->bitrate < int64_t{kMinRatePerChannel} * plan->channels || plan->bitrate > highest) {
    return Status(StatusCode::kNotSupported, "AAC has no such bitrate for this rate and number of channels");
  }
  return Status::Ok();
}

// The bitrates of layer III in kb/s: of MPEG-1 (from 32000 Hz on), and of MPEG-2 and 2.5.
constexpr std::array<int, 14> kMpeg1Rates{32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
constexpr std::array<int, 14> kMpeg2Rates{8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};

Status PlanMp3(AudioEncoderPlan* plan) {
  const bool mpeg1 = plan->sample_rate >= 32000;
  const auto& rates = mpeg1 ? kMpeg1Rates : kMpeg2Rates;
  // MPEG-2.5 goes no higher than 64 kb/s.
  const int highest = plan->sample_rate <= 12000 ? 64 : rates.back();
  plan->bitrate = plan->config.bitrate != 0 ? plan->config.bitrate : (mpeg1 ? 128000 : 64000);
  const bool in_range = plan->bitrate >= rates.front() * 1000 && plan->bitrate <= highest * 1000;
  const bool listed = plan->bitrate % 1000 == 0 &&
                      std::find(rates.begin(), rates.end(), plan->bitrate / 1000) != rates.end();
  if (!in_range || (plan->config.constant_bitrate && !listed)) {
    return Status(StatusCode::kNotSupported, "MP3 has no such bitrate for this rate");
  }
  // A variable bitrate whose average is the one asked for.
  if (!plan->config.constant_bitrate) plan->options.emplace_back("abr", "1");
  return Status::Ok();
}

Status PlanFlac(AudioEncoderPlan* plan) {
  if (plan->config.constant_bitrate) return Status(StatusCode::kNotSupported, "FLAC has no constant bitrate");
  plan->follows_input = true;
  return Status::Ok();
}

Status PlanVorbis(AudioEncoderPlan* plan) {
  constexpr int kDefaultRatePerChannel = 56000;
  plan->bitrate = plan->config.bitrate;
  if (plan->config.constant_bitrate && plan->bitrate == 0) {
    plan->bitrate = int64_t{kDefaultRatePerChannel} * plan->channels;
  }
  return Status::Ok();
}

Status PlanOpus(AudioEncoderPlan* plan) {
  // RFC 6716, section 2.1.1, and what fits into a packet. Beyond, libopus takes the nearest rate without a word.
  constexpr int64_t kLowest = 6000;
  const int64_t highest = plan->channels == 1 ? 300000 : int64_t{255000} * plan->channels;
  plan->bitrate = plan->config.bitrate;
  if (plan->bitrate != 0 && (plan->bitrate < kLowest || plan->bitrate > highest)) {
    return Status(StatusCode::kNotSupported, "Opus has no such bitrate for this number of channels");
  }
  return Status::Ok();
}

// What the configuration itself has members for.
constexpr const char* kReservedOptions[] = {"b", "ab", "ar", "ac", "sample_fmt", "ch_layout", "channel_layout",
                                            "channels", "request_sample_fmt", "abr", "profile", "global_quality",
                                            "flags", "flags2", "threads", "strict", "time_base", "frame_size",
                                            "minrate", "maxrate", "compression_level"};

Status PlanOptions(AudioEncoderPlan* plan) {
  const EncoderOptions& options = plan->config.encoder_options;
  if (options.empty()) return Status::Ok();
  if (!plan->encoder) return Status(StatusCode::kNotSupported, "libopus takes its options from the member opus");
  if (plan->config.codec.rfind("pcm-", 0) == 0 || plan->config.codec == "alaw" || plan->config.codec == "ulaw") {
    return Status(StatusCode::kNotSupported, plan->config.codec + " has no options");
  }
  for (const auto& [name, value] : options) {
    if (IsOneOf(name, kReservedOptions)) return ReservedOption(name);
    plan->options.emplace_back(name, value);
  }
  return Status::Ok();
}

Status PlanCodec(AudioEncoderPlan* plan) {
  const std::string& codec = plan->config.codec;
  if (codec == "aac") return PlanAac(plan);
  if (codec == "mp3") return PlanMp3(plan);
  if (codec == "flac") return PlanFlac(plan);
  if (codec == "vorbis") return PlanVorbis(plan);
  if (codec == "opus") return PlanOpus(plan);
  return Status::Ok();
}

}  // namespace

Status ResolveAudioEncoder(const AudioEncoderConfig& config, AudioEncoderPlan* plan) {
  for (const Candidate& candidate : kCandidates) {
    if (config.codec != candidate.codec) continue;
    *plan = AudioEncoderPlan();
    plan->config = config;
    plan->encoder = candidate.encoder;
    plan->sample_rate = CodecRate(candidate, config.sample_rate);
    plan->channels = std::min(config.channels, candidate.max_channels);
    plan->format = candidate.format;
    plan->bits24 = candidate.bits24;
    Status status = PlanCodec(plan);
    if (status.ok()) status = PlanOptions(plan);
    if (status.ok()) status = CreateAudioEncoder(*plan)->Open(*plan);
    if (!status.ok()) Log(LogCategory::kCodec, LogLevel::kInfo, config.codec + " is not served: " + status.message());
    return status;
  }
  return Status(StatusCode::kNotSupported, "no encoder for " + config.codec);
}

AudioEncoderPlan PlanForInput(const AudioEncoderPlan& plan, SampleType first) {
  AudioEncoderPlan out = plan;
  if (!plan.follows_input) return out;
  out.bits24 = SampleBytes(first) > 2;
  out.format.type = out.bits24 ? SampleType::kS32 : SampleType::kS16;
  return out;
}

std::unique_ptr<AudioEncoderBackend> CreateAudioEncoder(const AudioEncoderPlan& plan) {
#if WITH_OPUS
  if (!plan.encoder) return CreateOpusEncoder();
#endif
  return CreateAvcodecAudioEncoder();
}

}  // namespace webcodecs
