#include "plan/video_encoder_plan.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "codec/encoder.h"
#include "plan/hardware_encoder.h"
#include "plan/probe_cache.h"
#include "util/cpu.h"
#include "util/log.h"

namespace webcodecs {

namespace {

using Planner = Status (*)(const VideoEncoderConfig& config, VideoEncoderPlan* plan);

// The largest pictures that a library takes.
struct SizeLimit {
  int max_side;
  int64_t max_pixels;
};
// What the highest levels of H.264, HEVC, VP9 and AV1 allow. VP8 has no levels, and libvpx would take 268 million
// samples, with 7 GB of memory; it is held to the same.
constexpr SizeLimit kHighestLevel = {16383, 35651584};
// MAX_MBS_PER_FRAME of OpenH264, of 256 samples each.
constexpr SizeLimit kOpenH264Limit = {16383, 36864 * 256};

struct Candidate {
  const char* codec;
  const char* encoder;
  Planner planner;
  SizeLimit limit = kHighestLevel;
};

// In the order of preference for each codec. A planner that cannot serve a configuration says so, and the next has its turn.
constexpr Candidate kCandidates[] = {
#if WITH_OPENH264
    {"h264", "libopenh264", PlanOpenH264, kOpenH264Limit},
#endif
    {"h264", "libx264", PlanX264},
    {"hevc", "libx265", PlanX265},
#if WITH_VPX
    {"vp8", "libvpx", PlanVpx},
    {"vp9", "libvpx-vp9", PlanVpx},
#endif
#if WITH_AOM
    {"av1", "libaom-av1", PlanAom},
#endif
    {"av1", "libsvtav1", PlanSvtAv1},
};

Status CheckSize(const VideoEncoderConfig& config, const SizeLimit& limit) {
  const bool fits = config.width <= limit.max_side && config.height <= limit.max_side &&
                    int64_t{config.width} * config.height <= limit.max_pixels;
  return fits ? Status::Ok() : Status(StatusCode::kNotSupported, "pictures of that size");
}

// What is opened to find out whether a plan opens: the same at a size that takes no time and no memory to speak of. The
// limits of a size are those of the level, of the library (see kCandidates) and of the planner.
VideoEncoderPlan ProbedPlan(VideoEncoderPlan plan) {
  constexpr int kMaxSide = 1280, kAlignment = 16;
  for (int* side : {&plan.config.width, &plan.config.height}) {
    // As odd as it was.
    if (*side > kMaxSide) *side = kMaxSide + *side % kAlignment;
  }
  plan.config.display_width = plan.config.width;
  plan.config.display_height = plan.config.height;
  return plan;
}

// Really opens the encoder, once for each plan.
Status Probe(const VideoEncoderPlan& asked) {
  const VideoEncoderPlan plan = ProbedPlan(asked);
  // Never destroyed: probes may run while the process exits.
  static auto* cache = new ProbeCache();
  const std::string key = plan.CacheKey();
  if (std::optional<Status> known = cache->Find(key)) return *known;
  Status status = CreateEncoder(plan)->Open(plan, ColorSpace{});
  cache->Keep(key, status, ProbeCache::kForEver);
  return status;
}

}  // namespace

std::string VideoEncoderPlan::StreamKey() const {
  std::string key = encoder;
  if (device.kind != DeviceKind::kNone) key += ' ' + device.name();
  for (int64_t number :
       {int64_t{static_cast<int>(backend)}, int64_t{config.width}, int64_t{config.height}, int64_t{thread_count},
        int64_t{slice_threads}, int64_t{gop_size}, int64_t{max_b_frames}, int64_t{reference_frames},
        int64_t{global_header}, int64_t{static_cast<int>(input_format)}, int64_t{config.realtime},
        int64_t{static_cast<int>(config.bitrate_mode)}, int64_t{config.temporal_layers}, int64_t{config.profile},
        int64_t{config.level}, int64_t{config.constraints}, int64_t{config.display_width},
        int64_t{config.display_height}, int64_t{config.annexb}, int64_t{config.alpha}}) {
    key += ' ' + std::to_string(number);
  }
  for (const auto& [name, value] : options) key += ' ' + name + '=' + value;
  return key;
}

std::string VideoEncoderPlan::CacheKey() const {
  std::string key = StreamKey();
  for (int64_t number : {bitrate, max_rate, buffer_size}) key += ' ' + std::to_string(number);
  return key;
}

bool VideoEncoderPlan::DiffersInRateAlone(const VideoEncoderPlan& other) const {
  return StreamKey() == other.StreamKey() && (bitrate > 0) == (other.bitrate > 0);
}

void LogChoice(const VideoEncoderPlan& plan, const Status& status) {
  const VideoEncoderConfig& config = plan.config;
  Log(LogCategory::kCodec, status.ok() ? LogLevel::kDebug : LogLevel::kInfo,
      std::string(plan.encoder) + (status.ok() ? " serves " : " does not serve ") + config.codec + " " +
          std::to_string(config.width) + "x" + std::to_string(config.height) + ": " +
          (status.ok() ? plan.CacheKey() : status.message()));
}

Status ResolveVideoEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  if (config.hardware_required) return ResolveHardwareEncoder(config, plan);
  std::string reasons;
  for (const Candidate& candidate : kCandidates) {
    if (config.codec != candidate.codec) continue;
    if (!config.encoder.empty() && config.encoder != candidate.encoder) continue;
    *plan = VideoEncoderPlan();
    plan->config = config;
    plan->encoder = candidate.encoder;
    Status status = CheckSize(config, candidate.limit);
    if (status.ok()) status = candidate.planner(config, plan);
    if (status.ok()) status = Probe(*plan);
    LogChoice(*plan, status);
    if (status.ok() || status.code() == StatusCode::kOutOfMemory) return status;
    reasons += (reasons.empty() ? "" : "; ") + std::string(candidate.encoder) + ": " + status.message();
  }
  if (reasons.empty()) reasons = "no encoder for " + config.codec;
  return Status(StatusCode::kNotSupported, reasons);
}

double FramerateOf(const VideoEncoderConfig& config) {
  return config.framerate > 0 ? config.framerate : kDefaultFramerate;
}

int64_t DefaultBitrate(const VideoEncoderConfig& config) {
  // 0.1 bit per pixel.
  return std::max<int64_t>(100000, static_cast<int64_t>(0.1 * config.width * config.height * FramerateOf(config)));
}

std::string QualityText(const VideoEncoderConfig& config) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", config.quality);
  return text;
}

Status CheckQuality(const VideoEncoderConfig& config, double lowest, double highest) {
  if (!config.has_quality() || (config.quality >= lowest && config.quality <= highest)) return Status::Ok();
  char text[96];
  std::snprintf(text, sizeof(text), "quality from %g to %g", lowest, highest);
  return Status(StatusCode::kNotSupported, text);
}

int ThreadCount(const VideoEncoderConfig& config, int useful) {
  const int asked = AskedThreads(config.threads);
  return asked > 0 ? asked : std::clamp(useful, 1, AvailableProcessors());
}

PixelFormat InputFormat(int bit_depth, int chroma) {
  struct Row {
    int bit_depth, chroma;
    PixelFormat format;
  };
  static constexpr Row kRows[] = {
      {8, 420, PixelFormat::kI420},     {10, 420, PixelFormat::kI420P10}, {12, 420, PixelFormat::kI420P12},
      {8, 422, PixelFormat::kI422},     {10, 422, PixelFormat::kI422P10}, {12, 422, PixelFormat::kI422P12},
      {8, 444, PixelFormat::kI444},     {10, 444, PixelFormat::kI444P10}, {12, 444, PixelFormat::kI444P12},
  };
  for (const Row& row : kRows) {
    if (row.bit_depth == bit_depth && row.chroma == chroma) return row.format;
  }
  return PixelFormat::kUnknown;
}

}  // namespace webcodecs
