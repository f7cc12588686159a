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

// What other members of the configuration decide, or what would write files and break what the backend relies on.
constexpr const char* kReservedOptions[] = {
    "profile", "level-idc", "level", "high-tier", "crf", "qp", "bitrate", "pools", "numa-pools", "frame-threads",
    "log-level", "log", "csv", "csv-log-level", "pass", "stats", "analysis-save", "analysis-load", "analysis-reuse-file",
    "annexb", "repeat-headers", "fps", "input-csp", "input-res", "sar", "open-gop", "log-file", "recon", "input",
    "output-depth", "input-depth", "range", "colorprim", "transfer", "colormatrix", "field", "interlace",
    "interlaceMode", "zonefile", "dhdr10-info", "scaling-list", "lambda-file", "temporal-layers", "svt", "threads"};

// The library holds back as many frames at most, whatever its options.
constexpr int kLongestDelay = 250 + 16 + 16 + 32;

Status AddOptions(const VideoEncoderConfig& config, VideoEncoderPlan* plan, LibraryParams* params) {
  if (config.encoder_options.empty()) return Status::Ok();
  if (!config.realtime) plan->max_delay = kLongestDelay;
  for (const auto& [name, value] : config.encoder_options) {
    if (name == "preset") {
      if (!x26x::FindPreset(value)) return RefusedOption("x265", name, value);
      SetOption(name, value, &plan->options);
      // What the preset says in place of what medium would. The library itself keeps to what the level allows.
      if (!config.realtime) {
        params->Remove("ref");
        params->Remove("bframes");
        plan->max_b_frames = plan->reference_frames = -1;
      }
    } else if (name == "tune") {
      if (config.realtime) return ReservedOption(name);
      SetOption(name, value, &plan->options);
    } else if (IsOneOf(name, kReservedOptions)) {
      return ReservedOption(name);
    } else if (config.realtime && name == "bframes" && value != "0") {
      return Status(StatusCode::kNotSupported, "no B-frames in this latency mode");
    } else {
      params->Add(name, value);
    }
  }
  return Status::Ok();
}

}  // namespace

Status PlanX265(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  const char* profile = ProfileName(config);
  if (!profile) return Status(StatusCode::kNotSupported, "no profile for this bit depth and chroma format");
  if (config.temporal_layers > 1) return Status(StatusCode::kNotSupported, "no temporal layers");
  if (config.alpha) return Status(StatusCode::kNotSupported, "no alpha");
  // Of a picture that is one coding tree unit wide, the library predicts from other samples than decoders do.
  if (config.width <= kMinCodingTreeUnit) return Status(StatusCode::kNotSupported, "only pictures of more than 16 columns");

  constexpr double kHighestQuality = 51;
  Status quality = CheckQuality(config, 0, kHighestQuality);
  if (!quality.ok()) return quality;

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
      // Of which it leaves a fiftieth unused.
      if (!config.realtime) plan->bitrate = plan->max_rate = plan->bitrate * 51 / 50;
      break;
    case BitrateMode::kVariable:
      plan->bitrate = config.bitrate;
      if (config.has_quality()) {
        params.Add("crf", QualityText(config));
      } else if (plan->bitrate == 0) {
        params.Add("crf", std::to_string(kDefaultCrf));
      }
      break;
    case BitrateMode::kQuantizer:
      x26x::AddQuantizer("cutree", &params);
      break;
  }
  Status status = AddOptions(config, plan, &params);
  if (!status.ok()) return status;
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
