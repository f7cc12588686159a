// H.264 through libx264.
#include <algorithm>
#include <string>

#include "bitstream/h264.h"
#include "plan/video_encoder_plan.h"
#include "plan/x26x.h"
#include "util/cpu.h"

namespace webcodecs {

namespace {

using BitrateMode = VideoEncoderConfig::BitrateMode;

constexpr int kProfileBaseline = 66;
constexpr int kProfileMain = 77;
constexpr int kProfileHigh = 100;
constexpr int kProfileHigh10 = 110;
constexpr int kProfileHigh422 = 122;
constexpr int kProfileHigh444 = 244;

// x264's own value for "no key frame that is not asked for".
constexpr int kInfiniteGop = 1 << 30;

// The quantizer of constant quality, where a configuration names no bitrate; x264's default.
constexpr int kDefaultCrf = 23;

const char* ProfileName(int profile) {
  switch (profile) {
    case kProfileBaseline:
      return "baseline";
    case kProfileMain:
      return "main";
    case kProfileHigh:
      return "high";
    case kProfileHigh10:
      return "high10";
    case kProfileHigh422:
      return "high422";
    case kProfileHigh444:
      return "high444";
    default:
      return nullptr;
  }
}

// Frame threads, by x264's own rule, or slice threads: of those, more than one for each processor only wait for each other.
int Threads(const VideoEncoderConfig& config) {
  // Below about 64 macroblock rows per thread, threads cost more than they bring.
  const int macroblocks = (config.width / 16) * (config.height / 16);
  if (macroblocks < 400) return ThreadCount(config, 1);
  const int rows = std::clamp(config.height / 16 / 8, 1, 16);
  const int threads = ThreadCount(config, rows);
  const bool fewer_than_rows = AskedThreads(config.threads) == 0 && threads < rows && !config.realtime;
  return fewer_than_rows ? std::min(threads * 3 / 2, rows) : threads;
}

// x264 remembers as many frames as fill the buffer four times, and is as slow to follow another frame rate. No larger one
// brings quality: at 720p and 2.5 Mb/s a second has 48.93 dB, a quarter of it 48.98.
int64_t RealtimeBuffer(const VideoEncoderConfig& config, int64_t bitrate) {
  constexpr int kFrames = 8;
  return static_cast<int64_t>(static_cast<double>(bitrate) * std::min(1.0, kFrames / FramerateOf(config)));
}

// What the hint brings was measured on a scrolling screen and on moving grain: see docs/codecs.md.
void AddContent(const VideoEncoderConfig& config, LibraryParams* params) {
  if (config.bitrate_mode == BitrateMode::kQuantizer) return;
  if (config.is_screen()) {
    // What is drawn is to look as it was drawn, not as busy as it was.
    params->Add("psy", "0");
    // Of use to busy textures beside plain ones; here the plain ones are as important. With macroblock trees it helps.
    if (config.realtime) params->Add("aq-mode", "0");
  } else if (config.content_hint == "motion" && !config.realtime) {
    params->Add("me", "umh");
    params->Add("merange", "32");
  }
}

// What other members of the configuration decide, or what would write files and break what the backend relies on.
constexpr const char* kReservedOptions[] = {
    "profile",   "level",     "level-idc", "crf",       "qp",          "qp_constant", "bitrate",   "threads",
    "lookahead-threads", "sliced-threads", "pass", "stats", "annexb",  "repeat-headers", "fps",    "timebase",
    "vfr-input", "output-csp", "input-csp", "width",      "height",      "sar",       "log",
    "log-file",  "log-level", "dump-yuv",  "open-gop",  "intra-refresh", "opencl",    "cqmfile",   "colorprim",
    "transfer",  "colormatrix", "fullrange", "range",   "interlaced",  "tff",         "bff",       "frame-packing",
    "stitchable", "bluray-compat", "avcintra-class", "qpfile"};

// The library prints to standard error what it does not know of these.
constexpr const char* kTunes[] = {"film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"};

// x264 holds back as many frames at most, whatever its options.
constexpr int kLongestDelay = 250 + 16 + 128;

Status AddOptions(const VideoEncoderConfig& config, VideoEncoderPlan* plan, LibraryParams* params) {
  if (config.encoder_options.empty()) return Status::Ok();
  if (!config.realtime) plan->max_delay = kLongestDelay;
  for (const auto& [name, value] : config.encoder_options) {
    if (name == "preset") {
      const x26x::Preset* preset = x26x::FindPreset(value);
      if (!preset) return RefusedOption("x264", name, value);
      SetOption(name, value, &plan->options);
      // What the preset says in place of what medium would, as far as the level allows.
      plan->reference_frames = std::max(1, std::min(preset->x264_references, config.max_reference_frames));
      if (plan->max_b_frames > 0) plan->max_b_frames = -1;
    } else if (name == "tune") {
      if (!IsOneOf(value, kTunes)) return RefusedOption("x264", name, value);
      SetOption(name, config.realtime ? "zerolatency," + value : value, &plan->options);
    } else if (IsOneOf(name, kReservedOptions)) {
      return ReservedOption(name);
    } else {
      long number = 0;
      if (name == "ref" && !ReadInteger(value, 1, std::max(1, config.max_reference_frames), &number)) {
        return Status(StatusCode::kNotSupported, "more reference frames than the level has");
      }
      if (name == "bframes" && plan->max_b_frames == 0 && value != "0") {
        return Status(StatusCode::kNotSupported, "no B-frames in this profile or latency mode");
      }
      params->Add(name, value);
    }
  }
  return Status::Ok();
}

}  // namespace

Status PlanX264(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  const char* profile = ProfileName(config.profile);
  if (!profile) return Status(StatusCode::kNotSupported, "H.264 profile " + std::to_string(config.profile));

  if (config.temporal_layers > 1) return Status(StatusCode::kNotSupported, "no temporal layers");
  if (config.alpha) return Status(StatusCode::kNotSupported, "no alpha");
  constexpr double kHighestQuality = 51;
  Status quality = CheckQuality(config, 0, kHighestQuality);
  if (!quality.ok()) return quality;
  plan->input_format = InputFormat(config.bit_depth, config.chroma);
  plan->thread_count = Threads(config);
  plan->global_header = !config.annexb;
  plan->zero_delay = config.realtime;
  plan->slice_threads = config.realtime;
  // Rate control by timestamps would cost a frame of delay (x264's vfr-input), which "zerolatency" turns off.
  plan->counts_frames = config.realtime;
  plan->gop_size = config.realtime ? kInfiniteGop : 250;
  const bool no_b_frames =
      config.realtime || config.profile == kProfileBaseline || (config.constraints & h264::kConstraintNoBSlices) != 0;
  plan->max_b_frames = no_b_frames ? 0 : 3;
  plan->reference_frames = x26x::ReferenceFrames(config);
  // Lookahead, frame threads and B-frames.
  plan->max_delay = config.realtime ? 0 : 40 + 16 + 4;

  auto& options = plan->options;
  options.emplace_back("preset", config.realtime ? "superfast" : "medium");
  if (config.realtime) options.emplace_back("tune", "zerolatency");
  options.emplace_back("profile", profile);
  options.emplace_back("level", std::to_string(config.level / 10) + "." + std::to_string(config.level % 10));
  options.emplace_back("forced-idr", "1");

  LibraryParams params;
  if (config.realtime) params.Add("scenecut", "0");
  AddContent(config, &params);

  switch (config.bitrate_mode) {
    case BitrateMode::kConstant:
      x26x::SetConstantRate(plan);
      if (config.realtime) {
        plan->buffer_size = RealtimeBuffer(config, plan->bitrate);
      } else {
        // Out of a whole second's buffer, seconds of demanding pictures take as much more as those behind them then lack:
        // a quarter. A third of it is more even, and leaves a twentieth of the rate unused. The further x264 looks ahead,
        // the more it saves for what is to come: with 40 frames a second at 15 fps is as low as 0.74, with these 0.86.
        plan->buffer_size = plan->bitrate * 35 / 100;
        plan->bitrate = plan->max_rate = plan->bitrate * 53 / 50;
        params.Add("rc-lookahead", "4");
      }
      // Macroblock trees move bits between seconds, against the buffer, and leave a fifth of the rate unused.
      params.Add("mbtree", "0");
      break;
    case BitrateMode::kVariable:
      plan->bitrate = config.bitrate;
      if (config.has_quality()) {
        options.emplace_back("crf", QualityText(config));
      } else if (plan->bitrate == 0) {
        options.emplace_back("crf", std::to_string(kDefaultCrf));
      }
      if (config.realtime && plan->bitrate > 0) {
        // RatePacer needs a rate that can change, which x264 offers only where the buffer's rate is the bitrate.
        plan->max_rate = plan->bitrate;
        plan->buffer_size = std::min(RealtimeBuffer(config, plan->bitrate), config.max_cpb_size);
      } else {
        // Whatever the average, the level's decoder must be able to follow.
        plan->max_rate = config.max_bitrate;
        plan->buffer_size = config.max_cpb_size;
      }
      break;
    case BitrateMode::kQuantizer:
      // The crf of the moment would do for P frames alone: a key frame takes the average of those before it.
      plan->quantizes_by_region = true;
      x26x::AddQuantizer("mbtree", &params);
      break;
  }
  Status status = AddOptions(config, plan, &params);
  options.emplace_back("x264-params", params.text());
  return status;
}

}  // namespace webcodecs
