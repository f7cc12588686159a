// AV1 through libaom: for realtime, where SVT-AV1 neither gives each frame's packet at once nor makes key frames on
// demand, and for temporal layers and quantizers of the frame, which that has not.
#if WITH_AOM

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "plan/video_encoder_plan.h"

namespace webcodecs {

namespace {

using BitrateMode = VideoEncoderConfig::BitrateMode;

class Options {
 public:
  explicit Options(VideoEncoderPlan* plan) : plan_(plan) {}
  void Add(const char* name, const char* value) { plan_->options.emplace_back(name, value); }
  void Add(const char* name, int value) { plan_->options.emplace_back(name, std::to_string(value)); }

 private:
  VideoEncoderPlan* plan_;
};

int UsefulThreads(const VideoEncoderConfig& config) {
  const int64_t pixels = int64_t{config.width} * config.height;
  return pixels < 320 * 180 ? 1 : pixels < 960 * 540 ? 2 : pixels < 1920 * 1080 ? 4 : 8;
}

// log2 of the number of tiles side by side; the library takes none narrower than 256 pixels.
int TileColumns(const VideoEncoderConfig& config, int threads) {
  int log2 = 0;
  while ((2 << log2) <= threads && (config.width >> (log2 + 1)) >= 256) ++log2;
  return log2;
}

// The lowest profile that has the format (AV1 6.4.1).
int ProfileOf(int bit_depth, int chroma) {
  if (bit_depth == 12 || chroma == 422) return 2;
  return chroma == 444 ? 1 : 0;
}

// The options that a configuration may give, by the names that aomenc gives them, and their ranges: those that end in no
// assertion of the library. What is not here, other members of the configuration decide.
struct OptionRange {
  const char* name;
  long lowest, highest;
};
constexpr OptionRange kOptionRanges[] = {
    {"cpu-used", 5, 10}, {"row-mt", 0, 1},    {"tile-columns", 0, 6},      {"tile-rows", 0, 6},
    {"aq-mode", 0, 3},   {"enable-cdef", 0, 1}, {"max-intra-rate", 0, 10000}, {"buf-sz", 0, 60000},
    {"buf-initial-sz", 0, 60000}, {"buf-optimal-sz", 0, 60000},
};

Status AddOptions(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  for (const auto& [name, value] : config.encoder_options) {
    const auto range = std::find_if(std::begin(kOptionRanges), std::end(kOptionRanges),
                                    [&name = name](const OptionRange& row) { return name == row.name; });
    long number = 0;
    if (range == std::end(kOptionRanges) || !ReadInteger(value, range->lowest, range->highest, &number)) {
      return RefusedOption("libaom", name, value);
    }
    SetOption(name, value, &plan->options);
  }
  return Status::Ok();
}

}  // namespace

Status PlanAom(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  const bool quantizer = config.bitrate_mode == BitrateMode::kQuantizer;
  if (config.alpha) return Status(StatusCode::kNotSupported, "no alpha");
  if (config.has_quality() && !config.realtime && config.encoder.empty()) {
    return Status(StatusCode::kNotSupported, "constant quality is better with SVT-AV1");
  }
  // 0 is lossless coding.
  constexpr double kBestQuality = 1, kWorstQuality = 63;
  Status quality = CheckQuality(config, kBestQuality, kWorstQuality);
  if (!quality.ok()) return quality;
  if (config.has_quality() && config.quality != std::floor(config.quality)) {
    return Status(StatusCode::kNotSupported, "whole numbers for quality");
  }
  if (config.has_quality() && config.temporal_layers > 1) {
    return Status(StatusCode::kNotSupported, "no constant quality with temporal layers");
  }
  // Debian's library ends the process where its assertions do not hold: nothing else may reach it.
  if (config.profile != ProfileOf(config.bit_depth, config.chroma)) {
    return Status(StatusCode::kNotSupported, "no such pixel format in profile " + std::to_string(config.profile));
  }
  plan->backend = EncoderBackend::kAom;
  plan->input_format = InputFormat(config.bit_depth, config.chroma);
  if (plan->input_format == PixelFormat::kUnknown) return Status(StatusCode::kNotSupported, "no such pixel format");
  plan->zero_delay = true;
  plan->thread_count = ThreadCount(config, UsefulThreads(config));
  plan->bitrate = config.bitrate > 0 ? config.bitrate : DefaultBitrate(config);

  Options options(plan);
  // From 7 on the library decides without measuring rates, which takes a third of the time and costs 2 dB; at 10 bits it
  // costs 6.
  options.Add("cpu-used", config.realtime && config.bit_depth == 8 ? 9 : 6);
  options.Add("row-mt", 1);
  options.Add("tile-columns", TileColumns(config, plan->thread_count));
  if (quantizer) {
    // A constant rate damps what it takes for oscillation, against the frame's limits, which ends in an assertion.
    options.Add("end-usage", "q");
    options.Add("aq-mode", 0);
  } else if (config.has_quality()) {
    options.Add("end-usage", "q");
    options.Add("cq-level", static_cast<int>(config.quality));
    options.Add("aq-mode", 0);
  } else {
    options.Add("end-usage", "cbr");
    // Not 0, which is lossless coding.
    options.Add("min-q", 1);
    options.Add("max-q", 63);
    options.Add("undershoot-pct", 50);
    options.Add("overshoot-pct", 50);
    options.Add("buf-sz", 600);
    options.Add("buf-initial-sz", 400);
    options.Add("buf-optimal-sz", 400);
    options.Add("aq-mode", 3);
  }
  // Intra block copy takes long, and ends in an assertion of the library at more than 8 bits.
  options.Add("enable-intrabc", 0);
  if (config.is_screen() && config.bit_depth == 8) options.Add("tune-content", 1);
  // What costs more than it brings at this speed, as in Chromium and WebRTC.
  options.Add("deltaq-mode", 0);
  options.Add("enable-tpl-model", 0);
  // Frames without it can be taken out of the stream: temporal layers need that.
  options.Add("enable-order-hint", 0);
  options.Add("enable-obmc", 0);
  options.Add("enable-warped-motion", 0);
  options.Add("enable-global-motion", 0);
  options.Add("enable-ref-frame-mvs", 0);
  options.Add("enable-cfl-intra", 0);
  options.Add("enable-smooth-intra", 0);
  options.Add("enable-angle-delta", 0);
  options.Add("enable-filter-intra", 0);
  options.Add("use-intra-default-tx-only", 1);
  options.Add("coeff-cost-upd-freq", 3);
  options.Add("mode-cost-upd-freq", 3);
  options.Add("mv-cost-upd-freq", 3);
  return AddOptions(config, plan);
}

}  // namespace webcodecs

#endif  // WITH_AOM
