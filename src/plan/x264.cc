// H.264 through libx264.
#include <algorithm>
#include <string>

#include "bitstream/h264.h"
#include "plan/video_encoder_plan.h"
#include "plan/x26x.h"

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
  const bool fewer_than_rows = AskedThreads(config) == 0 && threads < rows && !config.realtime;
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

}  // namespace

Status PlanX264(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  const char* profile = ProfileName(config.profile);
  if (!profile) return Status(StatusCode::kNotSupported, "H.264 profile " + std::to_string(config.profile));

  if (config.temporal_layers > 1) return Status(StatusCode::kNotSupported, "no temporal layers");
  if (config.alpha) return Status(StatusCode::kNotSupported, "no alpha");
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
      if (config.realtime) plan->buffer_size = RealtimeBuffer(config, plan->bitrate);
      // Macroblock trees move bits between seconds, against the buffer, and leave a fifth of the rate unused.
      params.Add("mbtree", "0");
      break;
    case BitrateMode::kVariable:
      plan->bitrate = config.bitrate;
      if (plan->bitrate == 0) options.emplace_back("crf", std::to_string(kDefaultCrf));
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
  options.emplace_back("x264-params", params.text());
  return Status::Ok();
}

}  // namespace webcodecs
