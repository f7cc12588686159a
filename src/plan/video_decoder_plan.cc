#include "plan/video_decoder_plan.h"

#include <algorithm>
#include <cstring>

#include "bitstream/h264.h"
#include "plan/hardware_decoder.h"
#include "util/cpu.h"

namespace webcodecs {

namespace {

int ThreadCount(const VideoDecoderConfig& config) {
  if (const int asked = AskedThreads(config.threads)) return asked;
  const int64_t pixels = int64_t{config.coded_width} * config.coded_height;
  // A small picture is decoded faster than threads are woken. Where the size is not known, it is taken for a large one.
  if (pixels > 0 && pixels <= 320 * 240) return 1;
  // As many as can run at once. More of them hold more pictures, which the caches have less room for: with two processors,
  // four threads took a tenth longer for HEVC and a twentieth for VP8, three even more.
  return std::min(AvailableProcessors(), 16);
}

// FFmpeg's own decoders, except where a library is better; the first that this build has.
const AVCodec* FindDecoder(const std::string& codec) {
  struct Candidate {
    const char* codec;
    const char* decoder;
  };
  static constexpr Candidate kCandidates[] = {{"h264", "h264"},       {"hevc", "hevc"},      {"vp8", "vp8"},
                                              {"vp8", "libvpx"},      {"vp9", "vp9"},        {"vp9", "libvpx-vp9"},
                                              {"av1", "libdav1d"},    {"av1", "libaom-av1"}};
  for (const Candidate& candidate : kCandidates) {
    if (codec != candidate.codec) continue;
    if (const AVCodec* found = avcodec_find_decoder_by_name(candidate.decoder)) return found;
  }
  return nullptr;
}

}  // namespace

Status NewDecoderContext(const VideoDecoderConfig& config, const AVCodec* codec, AVCodecContextPtr* out) {
  AVCodecContextPtr context(avcodec_alloc_context3(codec));
  if (!context) return Status(StatusCode::kOutOfMemory, "out of memory");
  if (!config.description.empty()) {
    const size_t size = config.description.size();
    context->extradata = static_cast<uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
    if (!context->extradata) return Status(StatusCode::kOutOfMemory, "out of memory");
    std::memcpy(context->extradata, config.description.data(), size);
    context->extradata_size = static_cast<int>(size);
  }
  // Each packet's pts is our own number for it, which comes back with its frame.
  context->pkt_timebase = {1, 1000000};
  // The coded size and the visible rectangle are told apart, so cropping is the VideoFrame's business.
  context->apply_cropping = 0;
  if (config.optimize_for_latency) context->flags |= AV_CODEC_FLAG_LOW_DELAY;
  SetReorderDelay(config, config.description.data(), config.description.size(), context.get());
  *out = std::move(context);
  return Status::Ok();
}

Status OpenVideoDecoder(const VideoDecoderConfig& config, AVCodecContextPtr* out) {
  if (config.hardware_required) return OpenHardwareDecoder(config, out);
  const AVCodec* codec = FindDecoder(config.codec);
  if (!codec) return Status(StatusCode::kNotSupported, "no decoder for " + config.codec);
  AVCodecContextPtr context;
  Status status = NewDecoderContext(config, codec, &context);
  if (!status.ok()) return status;
  context->thread_count = ThreadCount(config);
  // A frame thread holds its frame back until the next chunks come.
  context->thread_type = config.optimize_for_latency ? FF_THREAD_SLICE : FF_THREAD_SLICE | FF_THREAD_FRAME;
  const int result = avcodec_open2(context.get(), codec, nullptr);
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, codec->name, result);
  *out = std::move(context);
  return Status::Ok();
}

void SetReorderDelay(const VideoDecoderConfig& config, const uint8_t* data, size_t size, AVCodecContext* context) {
  if (size == 0 || config.optimize_for_latency || config.codec != "h264") return;
  if (std::optional<int> delay = h264::MaxReorderFrames(data, size)) {
    context->has_b_frames = std::max(context->has_b_frames, *delay);
  }
}

}  // namespace webcodecs
