// AV1 through SVT-AV1, for 'quality' alone: it gives no packet at once, even in its low delay mode.
#include <algorithm>
#include <cmath>
#include <string>

#include "plan/library_params.h"
#include "plan/video_encoder_plan.h"

namespace webcodecs {

namespace {

using BitrateMode = VideoEncoderConfig::BitrateMode;

constexpr int kDefaultCrf = 35;
// About the speed of x264 medium.
constexpr int kPreset = 8;

// What other members of the configuration decide, or what would write files and break what the backend relies on.
constexpr const char* kReservedOptions[] = {
    "crf", "qp", "rc", "tbr", "mbr", "lp", "profile", "level", "tier", "width", "height", "w", "h", "fps", "fps-num",
    "fps-denom", "input-depth", "color-format", "encoder-color-format", "encoder-bit-depth", "pass", "passes", "stats",
    "pred-struct", "keyint", "irefresh-type", "color-primaries", "transfer-characteristics", "matrix-coefficients",
    "color-range", "use-q-file", "qpfile", "aq-mode-file", "svtav1-params"};

Status AddOptions(const VideoEncoderConfig& config, VideoEncoderPlan* plan, LibraryParams* params) {
  constexpr long kSlowest = 0, kFastest = 13;
  for (const auto& [name, value] : config.encoder_options) {
    long number = 0;
    if (name == "preset") {
      if (!ReadInteger(value, kSlowest, kFastest, &number)) return RefusedOption("SVT-AV1", name, value);
      SetOption(name, value, &plan->options);
    } else if (IsOneOf(name, kReservedOptions)) {
      return ReservedOption(name);
    } else {
      params->Add(name, value);
    }
  }
  return Status::Ok();
}

}  // namespace

Status PlanSvtAv1(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  if (config.realtime) return Status(StatusCode::kNotSupported, "no packet at once");
  if (config.temporal_layers > 1) return Status(StatusCode::kNotSupported, "no temporal layers");
  if (config.alpha) return Status(StatusCode::kNotSupported, "no alpha");
  if (config.bitrate_mode == BitrateMode::kQuantizer) return Status(StatusCode::kNotSupported, "no per-frame quantizer");
  if (config.chroma != 420 || config.bit_depth > 10) return Status(StatusCode::kNotSupported, "only 4:2:0 in 8 or 10 bits");
  // Smaller pictures are refused by the library.
  if (config.width < 64 || config.height < 64) return Status(StatusCode::kNotSupported, "at least 64x64 pixels");
  if (config.width % 2 != 0 || config.height % 2 != 0) return Status(StatusCode::kNotSupported, "only even sizes");

  constexpr double kBestQuality = 1, kWorstQuality = 63;
  Status quality = CheckQuality(config, kBestQuality, kWorstQuality);
  if (!quality.ok()) return quality;
  if (config.quality != std::floor(config.quality)) return Status(StatusCode::kNotSupported, "whole numbers for quality");

  plan->input_format = InputFormat(config.bit_depth, config.chroma);
  plan->gop_size = 250;
  plan->max_delay = 128 + 32;
  plan->thread_count = ThreadCount(config, 16);
  // The library ignores a key frame that is asked for.
  plan->reopens_for_key_frame = true;
  plan->drains_before_close = true;

  auto& options = plan->options;
  options.emplace_back("preset", std::to_string(kPreset));
  LibraryParams params;
  params.Add("lp", std::to_string(plan->thread_count));
  switch (config.bitrate_mode) {
    case BitrateMode::kConstant:
      return Status(StatusCode::kNotSupported, "constant bitrate only with low delay");
    case BitrateMode::kVariable:
      plan->bitrate = config.bitrate;
      plan->needs_steady_rate = plan->bitrate > 0;
      if (config.has_quality()) {
        options.emplace_back("crf", QualityText(config));
      } else if (plan->bitrate == 0) {
        options.emplace_back("crf", std::to_string(kDefaultCrf));
      }
      break;
    case BitrateMode::kQuantizer:
      break;
  }
  Status status = AddOptions(config, plan, &params);
  options.emplace_back("svtav1-params", params.text());
  return status;
}

}  // namespace webcodecs
