// H.264 through OpenH264: for realtime, where it is faster than x264 at the same quality, and for temporal layers.
#if WITH_OPENH264

#include <algorithm>
#include <string>

#include "plan/video_encoder_plan.h"

namespace webcodecs {

namespace {

using BitrateMode = VideoEncoderConfig::BitrateMode;

constexpr int kProfileBaseline = 66;
constexpr int kProfileMain = 77;
constexpr int kProfileHigh = 100;

// constraint_set2_flag: within the Extended profile, which demands direct_8x8_inference_flag.
constexpr int kConstraintExtended = 0x20;
// From here on the library sets direct_8x8_inference_flag.
constexpr int kLevelOfDirect8x8 = 30;

// The library takes no smaller pictures.
constexpr int kMinSize = 16;
// Each slice begins its prediction anew: more of them cost more than the threads bring.
constexpr int kMaxThreads = 4;

int UsefulThreads(const VideoEncoderConfig& config) {
  const int macroblocks = (config.width / 16) * (config.height / 16);
  if (macroblocks < 400) return 1;
  const int rows = config.height / 16 / 8;
  return std::min(rows, kMaxThreads);
}

Status Unsupported(const char* what) { return Status(StatusCode::kNotSupported, what); }

}  // namespace

Status PlanOpenH264(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  // For quality x264 is the better, but it has no temporal layers.
  if (!config.realtime && config.temporal_layers == 1) return Unsupported("realtime or temporal layers only");
  if (config.profile != kProfileBaseline && config.profile != kProfileMain && config.profile != kProfileHigh) {
    return Unsupported("Baseline, Main and High only");
  }
  if (config.bit_depth != 8 || config.chroma != 420) return Unsupported("8-bit 4:2:0 only");
  if (config.alpha) return Unsupported("no alpha");
  if (config.has_quality()) return Unsupported("no constant quality");
  if (!config.encoder_options.empty()) return Unsupported("no options of its own");
  // Where levels of a macroblock overflow their code, as they may at low quantizers, the library takes a higher one.
  if (config.bitrate_mode == BitrateMode::kQuantizer) return Unsupported("no exact quantizers");
  if (config.width < kMinSize || config.height < kMinSize || config.width % 2 != 0 || config.height % 2 != 0) {
    return Unsupported("even sizes from 16x16 only");
  }
  if ((config.constraints & kConstraintExtended) != 0 && config.level < kLevelOfDirect8x8) {
    return Unsupported("no direct_8x8_inference_flag below level 3, as constraint_set2_flag demands it");
  }

  plan->backend = EncoderBackend::kOpenH264;
  plan->input_format = PixelFormat::kI420;
  plan->zero_delay = true;
  plan->thread_count = std::min(ThreadCount(config, UsefulThreads(config)), kMaxThreads);
  plan->bitrate = config.bitrate > 0 ? config.bitrate : DefaultBitrate(config);
  // At the same rate each brings half a decibel and takes a fifth of the speed.
  plan->options.emplace_back("complexity", config.realtime ? "low" : "medium");
  plan->options.emplace_back("cabac", config.realtime || config.profile == kProfileBaseline ? "0" : "1");
  return Status::Ok();
}

}  // namespace webcodecs

#endif  // WITH_OPENH264
