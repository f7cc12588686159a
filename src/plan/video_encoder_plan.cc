#include "plan/video_encoder_plan.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "codec/encoder.h"
#include "util/log.h"

namespace webcodecs {

namespace {

using Planner = Status (*)(const VideoEncoderConfig& config, VideoEncoderPlan* plan);

struct Candidate {
  const char* codec;
  const char* encoder;
  Planner planner;
};

// In the order of preference for each codec. A planner that cannot serve a configuration says so, and the next has its turn.
constexpr Candidate kCandidates[] = {
#if WITH_OPENH264
    {"h264", "libopenh264", PlanOpenH264},
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

// Really opens the encoder, once for each plan.
Status Probe(const VideoEncoderPlan& plan) {
  struct Cache {
    std::mutex mutex;
    std::map<std::string, Status> results;
  };
  // Never destroyed: probes may run while the process exits.
  static Cache* cache = new Cache();
  constexpr size_t kMaxEntries = 256;

  const std::string key = plan.CacheKey();
  {
    std::lock_guard<std::mutex> lock(cache->mutex);
    auto found = cache->results.find(key);
    if (found != cache->results.end()) return found->second;
  }
  Status status = CreateEncoder(plan)->Open(plan, ColorSpace{});
  std::lock_guard<std::mutex> lock(cache->mutex);
  if (cache->results.size() >= kMaxEntries) cache->results.clear();
  // What failed for want of memory may well succeed later.
  if (status.code() != StatusCode::kOutOfMemory) cache->results.emplace(key, status);
  return status;
}

}  // namespace

std::string VideoEncoderPlan::CacheKey() const {
  std::string key = encoder;
  for (int64_t number :
       {int64_t{static_cast<int>(backend)}, int64_t{config.width}, int64_t{config.height}, int64_t{thread_count},
        int64_t{slice_threads}, int64_t{gop_size}, int64_t{max_b_frames}, int64_t{reference_frames}, bitrate, max_rate,
        buffer_size, int64_t{global_header}, int64_t{static_cast<int>(input_format)}, int64_t{config.realtime},
        int64_t{static_cast<int>(config.bitrate_mode)}, int64_t{config.temporal_layers}, int64_t{config.profile},
        int64_t{config.level}, int64_t{config.constraints}}) {
    key += ' ' + std::to_string(number);
  }
  for (const auto& [name, value] : options) key += ' ' + name + '=' + value;
  return key;
}

Status ResolveVideoEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  if (config.hardware_required) return Status(StatusCode::kNotSupported, "no hardware encoder");
  std::string reasons;
  for (const Candidate& candidate : kCandidates) {
    if (config.codec != candidate.codec) continue;
    if (!config.encoder.empty() && config.encoder != candidate.encoder) continue;
    *plan = VideoEncoderPlan();
    plan->config = config;
    plan->encoder = candidate.encoder;
    Status status = candidate.planner(config, plan);
    if (status.ok()) status = Probe(*plan);
    Log(LogCategory::kCodec, status.ok() ? LogLevel::kDebug : LogLevel::kInfo,
        std::string(candidate.encoder) + (status.ok() ? " serves " : " does not serve ") + config.codec + " " +
            std::to_string(config.width) + "x" + std::to_string(config.height) + ": " +
            (status.ok() ? plan->CacheKey() : status.message()));
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
