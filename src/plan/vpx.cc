// VP8 and VP9 through libvpx.
#if WITH_VPX

#include "plan/vpx.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "plan/video_encoder_plan.h"
#include "util/cpu.h"

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

struct Profile {
  int profile;
  bool high_bit_depth, subsampled;
};
constexpr Profile kVp9Profiles[] = {{0, false, true}, {1, false, false}, {2, true, true}, {3, true, false}};

bool FitsProfile(const VideoEncoderConfig& config) {
  for (const Profile& row : kVp9Profiles) {
    if (row.profile == config.profile) {
      return row.high_bit_depth == (config.bit_depth > 8) && row.subsampled == (config.chroma == 420);
    }
  }
  return false;
}

int UsefulThreads(const VideoEncoderConfig& config, bool vp9) {
  // Threads share the rows of a picture, and wait for the row above. VP8's do so without giving their processor away.
  const int64_t pixels = int64_t{config.width} * config.height;
  if (pixels <= 320 * 240) return 1;
  if (pixels <= 640 * 480) return vp9 ? 2 : 1;
  const int threads = pixels <= 1280 * 720 ? 4 : 8;
  // Rows that are coded fast are waited for as long again. What JavaScript and its reading take from one such thread is
  // lost in all of them, so that on two processors two threads are hardly faster than one and need a third more CPU.
  return vp9 || !config.realtime ? threads : std::clamp(AvailableProcessors() - 1, 1, threads);
}

// As a power of two: each column is at least 256 samples wide, and the levels limit how many there may be.
int TileColumns(const VideoEncoderConfig& config) {
  const int allowed = config.level == 0 ? 2 : config.level < 21 ? 0 : config.level < 30 ? 1 : config.level < 50 ? 2 : 3;
  int columns = 0;
  while (columns < allowed && config.width >= 512 << columns) columns++;
  return columns;
}

int RealtimeSpeed(const VideoEncoderConfig& config, bool vp9) {
  // From 5 on, the thresholds below which libvpx codes nothing are those of 8 bits: 10 lose 6 dB by it, and 12 lose 9.
  if (config.bit_depth > 8) return 4;
  // A small picture leaves time to look closer. At 8, the motion of VP9 is no finer than half a sample.
  const int64_t pixels = int64_t{config.width} * config.height;
  const int closer = pixels <= 352 * 288 ? 2 : pixels <= 640 * 480 || (vp9 && config.content_hint == "motion") ? 1 : 0;
  // VP8 takes a negative number as it is; a positive one would follow the clock.
  return vp9 ? 8 - closer : -6 + closer;
}

// VP8's own limit is 4, which leaves up to a quarter of a second's bits unused where pictures are easy.
void AddFinestQuantizer(Options* options) { options->Add("min-q", 0); }

// The first key frame gets half of what the buffer holds at first: it is what all the others are made from. Of the rest
// the windows of a second hardly depend. VP8 takes quantizers no finer than those of all frames so far, but where its
// buffer is fuller than it is best: out of a larger one it follows a fall of the frame rate for seconds.
void AddConstantRate(bool vp9, Options* options) {
  options->Add("end-usage", "cbr");
  if (!vp9) AddFinestQuantizer(options);
  options->Add("buf-sz", vp9 ? 4000 : 1000);
  options->Add("buf-initial-sz", vp9 ? 2000 : 600);
  options->Add("buf-optimal-sz", vp9 ? 2000 : 500);
  if (vp9) options->Add(vpx::kFollowStart, 1);
}

void AddConstantQuality(const VideoEncoderConfig& config, bool vp9, Options* options) {
  const int quality = config.has_quality() ? static_cast<int>(config.quality)
                      : vp9                ? vpx::kVp9ConstantQuality
                                           : vpx::kVp8ConstantQuality;
  if (vp9) {
    options->Add("end-usage", "q");
    options->Add("cq-level", quality);
    return;
  }
  // VP8 has constant quality in two passes only.
  options->Add("end-usage", "vbr");
  options->Add("min-q", quality);
  options->Add("max-q", quality);
}

void AddRateControl(const VideoEncoderConfig& config, bool vp9, VideoEncoderPlan* plan, Options* options) {
  plan->bitrate = config.bitrate > 0 ? config.bitrate : DefaultBitrate(config);
  switch (config.bitrate_mode) {
    case BitrateMode::kConstant:
      AddConstantRate(vp9, options);
      // In the good mode VP8 leaves a twentieth unused where frames are few.
      if (!vp9 && !config.realtime) options->Add(vpx::kExpectedRate, "95");
      // In percent of a frame: VP8's key frames would leave the seconds behind them without bits.
      if (!vp9 && !config.realtime) options->Add("max-intra-rate", 600);
      break;
    case BitrateMode::kVariable:
      if (config.temporal_layers > 1) {
        // The other kinds have frames in mind that others are made from, wherever these may be.
        AddConstantRate(vp9, options);
      } else if (config.bitrate == 0) {
        AddConstantQuality(config, vp9, options);
      } else if (vp9 && config.realtime) {
        // In one pass, VP9's variable rate leaves a third of the bits unused, and costs a fifth of the speed.
        AddConstantRate(vp9, options);
      } else {
        options->Add("end-usage", "vbr");
        if (vp9) {
          options->Add(vpx::kExpectedRate, "70");
        } else {
          AddFinestQuantizer(options);
        }
      }
      break;
    case BitrateMode::kQuantizer:
      // Each frame sets the limits of the quantizer, between which nothing is left to decide.
      options->Add("end-usage", "cbr");
      break;
  }
}

// Of what is asked for; 0 when no rate is.
double BitsPerPixel(const VideoEncoderConfig& config) {
  const double framerate = config.framerate > 0 ? config.framerate : 30;
  return static_cast<double>(config.bitrate) / (static_cast<double>(config.width) * config.height * framerate);
}

void AddContent(const VideoEncoderConfig& config, bool vp9, Options* options) {
  if (!config.realtime) return;
  if (vp9) {
    // Meant for screens, and better for nearly all else: the other kind expects a talking head in front of a wall,
    // looks away where not much moves, and loses half a decibel to a whole one by it at the same speed.
    options->Add("tune-content", 1);
    return;
  }
  if (config.is_screen()) options->Add("screen-content-mode", 1);
  // Below this error a block is left as it was, and its bits go to others. In quality mode that would cost 2 dB.
  options->Add("static-thresh", 100);
}

// The options that a configuration may give, by the names that vpxenc gives them, and their ranges. What is not here, other
// members of the configuration decide.
struct OptionRange {
  const char* name;
  bool vp8, vp9;
  long lowest, highest;
};
constexpr OptionRange kOptionRanges[] = {
    {"cpu-used", true, true, -16, 16},        {"static-thresh", true, true, 0, 1000},
    {"token-parts", true, false, 0, 3},       {"min-q", true, true, 0, 63},
    {"max-q", true, true, 0, 63},             {"max-intra-rate", true, true, 0, 10000},
    {"noise-sensitivity", true, true, 0, 6},  {"sharpness", true, true, 0, 7},
    {"tune", true, true, 0, 1},               {"tile-columns", false, true, 0, 6},
    {"tile-rows", false, true, 0, 2},         {"aq-mode", false, true, 0, 3},
    {"row-mt", false, true, 0, 1},            {"frame-parallel", false, true, 0, 1},
    {"error-resilient", true, true, 0, 1},    {"buf-sz", true, true, 0, 60000},
    {"buf-initial-sz", true, true, 0, 60000}, {"buf-optimal-sz", true, true, 0, 60000},
    {"gf-cbr-boost", false, true, 0, 10000},
};

Status AddOptions(const VideoEncoderConfig& config, bool vp9, VideoEncoderPlan* plan) {
  for (const auto& [name, value] : config.encoder_options) {
    const auto range = std::find_if(std::begin(kOptionRanges), std::end(kOptionRanges),
                                    [&name = name](const OptionRange& row) { return name == row.name; });
    long number = 0;
    if (range == std::end(kOptionRanges) || !(vp9 ? range->vp9 : range->vp8) ||
        !ReadInteger(value, range->lowest, range->highest, &number)) {
      return RefusedOption(vp9 ? "libvpx (VP9)" : "libvpx (VP8)", name, value);
    }
    SetOption(name, value, &plan->options);
  }
  return Status::Ok();
}

}  // namespace

Status PlanVpx(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  const bool vp9 = config.codec == "vp9";
  const bool quantizer_mode = config.bitrate_mode == BitrateMode::kQuantizer;
  if (vp9 && !FitsProfile(config)) {
    return Status(StatusCode::kNotSupported, "no VP9 profile " + std::to_string(config.profile) +
                                                 " with this bit depth and chroma format");
  }
  if (!vp9 && (config.bit_depth != 8 || config.chroma != 420)) {
    return Status(StatusCode::kNotSupported, "VP8 has 8 bits and 4:2:0 alone");
  }
  if (!vp9 && quantizer_mode) return Status(StatusCode::kNotSupported, "VP8 has no quantizer of the frame");
  if (config.alpha && config.profile != 0) {
    return Status(StatusCode::kNotSupported, "alpha goes with 8 bits and 4:2:0 alone");
  }
  constexpr double kWorstQuality = 63;
  Status quality = CheckQuality(config, 0, kWorstQuality);
  if (!quality.ok()) return quality;
  if (config.has_quality() && config.quality != std::floor(config.quality)) {
    return Status(StatusCode::kNotSupported, "whole numbers for quality");
  }
  if (config.has_quality() && config.temporal_layers > 1) {
    return Status(StatusCode::kNotSupported, "no constant quality with temporal layers");
  }
  if (config.temporal_layers > 3) return Status(StatusCode::kNotSupported, "no more than three temporal layers");

  plan->backend = EncoderBackend::kVpx;
  plan->input_format = InputFormat(config.bit_depth, config.chroma);
  plan->thread_count = ThreadCount(config, UsefulThreads(config, vp9));
  // In one pass libvpx does not look ahead: a frame that it held back would gain nothing by it.
  plan->zero_delay = true;
  plan->max_delay = 0;
  // A picture and its alpha have their key frames together.
  const bool automatic_key_frames = !config.realtime && !config.alpha && config.temporal_layers == 1;
  plan->gop_size = automatic_key_frames ? 250 : vpx::kInfiniteGop;

  Options options(plan);
  options.Add("deadline", config.realtime ? "realtime" : "good");
  options.Add("cpu-used", config.realtime ? RealtimeSpeed(config, vp9) : 2);
  options.Add("lag-in-frames", 0);
  AddRateControl(config, vp9, plan, &options);
  AddContent(config, vp9, &options);
  if (vp9) {
    options.Add("row-mt", 1);
    options.Add("tile-columns", TileColumns(config));
    // Moves the quantizer about in the picture, for the eye's sake and at the expense of the mean error.
    options.Add("aq-mode", 0);
    // Nothing may depend on the frame before, rather than on those that a frame refers to, where layers can go missing.
    if (config.temporal_layers > 1) {
      options.Add("error-resilient", 1);
      // libvpx begins with a coarse quantizer and becomes finer with each frame, slowly where layers share the rate. With
      // bits to spare it need not begin so: small new things would be blurred for as long.
      if (!config.realtime && !quantizer_mode && BitsPerPixel(config) > 0.4) options.Add("max-q", 48);
    } else if (config.realtime && !quantizer_mode) {
      options.Add("gf-cbr-boost", 20);
    }
  } else {
    // Decoders too can share the work.
    options.Add("token-parts", plan->thread_count > 1 ? 1 : 0);
  }
  return AddOptions(config, vp9, plan);
}

}  // namespace webcodecs

#endif  // WITH_VPX
