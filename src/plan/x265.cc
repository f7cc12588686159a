// HEVC through libx265: directly where the addon was built with it, otherwise through FFmpeg.
#include <algorithm>
#include <string>

#include "plan/video_encoder_plan.h"
#include "plan/x26x.h"

namespace webcodecs {

namespace {

using BitrateMode = VideoEncoderConfig::BitrateMode;

// The quantizer of constant quality, where a configuration names no bitrate; x265's default.
constexpr int kDefaultCrf = 28;
// x265's own word for "no key frame that is not asked for".
constexpr int kInfiniteGop = -1;
// The coding unit tree's vector code writes past the end of narrower rows.
constexpr int kMinCodingUnitTreeWidth = 64;
// The smallest coding tree units that the library has, and the largest.
constexpr int kMinCodingTreeUnit = 16;
constexpr int kMaxCodingTreeUnit = 64;

// x265's name of the profile that has this bit depth and chroma format.
const char* ProfileName(const VideoEncoderConfig& config) {
  struct Row {
    int bit_depth, chroma;
    const char* name;
  };
  static constexpr Row kRows[] = {
      {8, 420, "main"},       {10, 420, "main10"},     {12, 420, "main12"},     {10, 422, "main422-10"},
      {12, 422, "main422-12"}, {8, 444, "main444-8"},  {10, 444, "main444-10"}, {12, 444, "main444-12"},
  };
  for (const Row& row : kRows) {
    if (row.bit_depth == config.bit_depth && row.chroma == config.chroma) return row.name;
  }
  return nullptr;
}

std::string LevelName(int level_idc) {
  const int tenths = level_idc / 3;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

// Of its pool, which shares the rows of the picture.
int UsefulThreads(const VideoEncoderConfig& config) {
  const int64_t pixels = int64_t{config.width} * config.height;
  return pixels <= 320 * 240 ? 1 : pixels <= 640 * 480 ? 2 : pixels <= 1280 * 720 ? 6 : 16;
}

// As for x264.
void AddContent(const VideoEncoderConfig& config, LibraryParams* params) {
  if (config.bitrate_mode == BitrateMode::kQuantizer) return;
  if (config.is_screen()) {
    params->Add("psy-rd", "0");
    params->Add("psy-rdoq", "0");
    params->Add("tskip", "1");
  } else if (config.content_hint == "motion" && !config.realtime) {
    params->Add("me", "umh");
  }
}

}  // namespace

Status PlanX265(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  const char* profile = ProfileName(config);
  if (!profile) return Status(StatusCode::kNotSupported, "no profile for this bit depth and chroma format");
  if (config.temporal_layers > 1) return Status(StatusCode::kNotSupported, "no temporal layers");
  if (config.alpha) return Status(StatusCode::kNotSupported, "no alpha");
  // Of a picture that is one coding tree unit wide, the library predicts from other samples than decoders do.
  if (config.width <= kMinCodingTreeUnit) return Status(StatusCode::kNotSupported, "only pictures of more than 16 columns");

  plan->input_format = InputFormat(config.bit_depth, config.chroma);
  plan->global_header = !config.annexb;
  plan->zero_delay = config.realtime;
  plan->gop_size = config.realtime ? kInfiniteGop : 250;
  plan->max_b_frames = config.realtime ? 0 : 4;
  plan->reference_frames = x26x::ReferenceFrames(config);
  // Lookahead, frame threads, B-frames, and what is held back to measure the frame rate.
  plan->max_delay = config.realtime ? 0 : 60 + 16 + 8 + 32;

  auto& options = plan->options;
  options.emplace_back("preset", config.realtime ? "ultrafast" : "medium");
  if (config.realtime) options.emplace_back("tune", "zerolatency");
  options.emplace_back("profile", profile);

  LibraryParams params;
  params.Add("log-level", "none");
  // The name and version of the library have no place in every stream.
  params.Add("info", "0");
  // Every key frame is one from which decoding can begin.
  params.Add("open-gop", "0");
  params.Add("level-idc", LevelName(config.level));
  params.Add("high-tier", config.constraints != 0 ? "1" : "0");
  params.Add("keyint", std::to_string(plan->gop_size));
  params.Add("bframes", std::to_string(plan->max_b_frames));
  params.Add("ref", std::to_string(plan->reference_frames));
  plan->thread_count = ThreadCount(config, UsefulThreads(config));
  params.Add("pools", std::to_string(plan->thread_count));
  // Otherwise the library makes as many as it finds processors for.
  if (!config.realtime) params.Add("frame-threads", plan->thread_count >= 4 ? "2" : "1");
  if (config.realtime) {
    // Each further frame thread holds its frame back.
    params.Add("frame-threads", "1");
    params.Add("scenecut", "0");
  }
  if (config.width <= kMaxCodingTreeUnit) params.Add("ctu", config.width > 32 && config.height >= 32 ? "32" : "16");
  if (config.width < kMinCodingUnitTreeWidth) params.Add("cutree", "0");

  AddContent(config, &params);
  switch (config.bitrate_mode) {
    case BitrateMode::kConstant:
      x26x::SetConstantRate(plan);
      break;
    case BitrateMode::kVariable:
      plan->bitrate = config.bitrate;
      if (plan->bitrate == 0) params.Add("crf", std::to_string(kDefaultCrf));
      break;
    case BitrateMode::kQuantizer:
      x26x::AddQuantizer("cutree", &params);
      break;
  }
#if WITH_X265
  plan->backend = EncoderBackend::kX265;
  // Neither the frame rate nor, in spite of x265_encoder_reconfig, the bitrate of an open encoder can be changed.
  plan->needs_steady_rate = plan->bitrate > 0 && !config.realtime;
  // So in realtime, where no frame may be held back, the backend has the quantizers in hand.
  if (plan->bitrate > 0 && config.realtime) x26x::AddQuantizer("cutree", &params);
  options.insert(options.end(), params.params().begin(), params.params().end());
#else
  plan->needs_steady_rate = plan->bitrate > 0 && !config.realtime;
  plan->quantizes_by_region = config.bitrate_mode == BitrateMode::kQuantizer;
  options.emplace_back("forced-idr", "1");
  options.emplace_back("x265-params", params.text());
#endif
  return Status::Ok();
}

}  // namespace webcodecs
