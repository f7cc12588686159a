#include "audio/audio_decoder_plan.h"

#include <cstring>

#include "audio/channel_layout.h"

namespace webcodecs {

namespace {

// FFmpeg's own decoders, except where a library is better; the first that this build has.
const AVCodec* FindDecoder(const std::string& codec) {
  struct Candidate {
    const char* codec;
    const char* decoder;
  };
  static constexpr Candidate kCandidates[] = {
      {"aac", "aac"},           {"opus", "libopus"},      {"opus", "opus"},         {"mp3", "mp3float"},
      {"mp3", "mp3"},           {"flac", "flac"},         {"vorbis", "vorbis"},     {"vorbis", "libvorbis"},
      {"ac-3", "ac3"},          {"ec-3", "eac3"},         {"pcm-u8", "pcm_u8"},     {"pcm-s16", "pcm_s16le"},
      {"pcm-s24", "pcm_s24le"}, {"pcm-s32", "pcm_s32le"}, {"pcm-f32", "pcm_f32le"}, {"alaw", "pcm_alaw"},
      {"ulaw", "pcm_mulaw"}};
  for (const Candidate& candidate : kCandidates) {
    if (codec != candidate.codec) continue;
    if (const AVCodec* found = avcodec_find_decoder_by_name(candidate.decoder)) return found;
  }
  return nullptr;
}

}  // namespace

Status OpenAudioDecoder(const AudioDecoderConfig& config, AVCodecContextPtr* out) {
  const AVCodec* codec = FindDecoder(config.codec);
  if (!codec) return Status(StatusCode::kNotSupported, "no decoder for " + config.codec);
  AVCodecContextPtr context(avcodec_alloc_context3(codec));
  if (!context) return Status(StatusCode::kOutOfMemory, "out of memory");
  if (!config.description.empty()) {
    const size_t size = config.description.size();
    context->extradata = static_cast<uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
    if (!context->extradata) return Status(StatusCode::kOutOfMemory, "out of memory");
    std::memcpy(context->extradata, config.description.data(), size);
    context->extradata_size = static_cast<int>(size);
  }
  // Where streams tell neither, these count; elsewhere decoders replace them.
  if (config.sample_rate > 0) context->sample_rate = config.sample_rate;
  if (config.channels > 0) av_channel_layout_default(&context->ch_layout, config.channels);
  // Each packet's pts is its chunk's timestamp.
  context->pkt_timebase = {1, 1000000};
  // Pre-skip is removed by the worker, which knows of timestamps.
  context->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL;
  // What Opus decodes to is floats, which is what it encodes.
  if (config.codec == "opus") context->request_sample_fmt = AV_SAMPLE_FMT_FLT;
  context->thread_count = 1;
  const int result = avcodec_open2(context.get(), codec, nullptr);
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, codec->name, result);
  *out = std::move(context);
  return Status::Ok();
}

}  // namespace webcodecs
