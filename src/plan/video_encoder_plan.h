// From a configuration to a codec library and its settings. isConfigSupported() and configure() share it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "media/pixel_format.h"
#include "plan/encoder_options.h"
#include "plan/hardware_device.h"
#include "util/status.h"

namespace webcodecs {

// NativeVideoEncoderConfig of lib/native/config.ts, which tells what the numbers mean.
struct VideoEncoderConfig {
  std::string codec;
  int profile = 0;
  int constraints = 0;
  int level = 0;
  int bit_depth = 8;
  int chroma = 420;
  int width = 0;
  int height = 0;
  int display_width = 0;
  int display_height = 0;
  int64_t bitrate = 0;  // bits per second; 0: not given
  enum class BitrateMode { kConstant = 0, kVariable = 1, kQuantizer = 2 } bitrate_mode = BitrateMode::kVariable;
  double framerate = 0;  // frames per second; 0: not given
  bool realtime = false;
  bool annexb = false;
  // The level's limits.
  int max_reference_frames = 0;
  int64_t max_bitrate = 0;
  int64_t max_cpb_size = 0;
  std::string content_hint;
  int temporal_layers = 1;
  bool alpha = false;
  bool hardware_required = false;
  // "text" and "detail": sharp edges and plain areas, as screens have them.
  bool is_screen() const { return content_hint == "text" || content_hint == "detail"; }
  int threads = 0;      // for one encoder; 0: the plan's choice
  std::string encoder;  // picked by hand; empty: the plan's choice
  // In the library's own words, over what the plan would choose.
  EncoderOptions encoder_options;
  double quality = -1;  // constant, on the library's own scale; negative: not given
  bool has_quality() const { return quality >= 0; }
};

// In quantizer mode a region of interest over the whole frame tells the encoder the frame's quantizer, as its distance
// from this one. It follows its frame through reordering.
constexpr int kRegionOfInterestBase = 30;
// What rate control expects where a configuration names no frame rate.
constexpr double kDefaultFramerate = 30;
// For frames that come without one in quantizer mode.
constexpr int kDefaultQuantizer = 28;

// Which kind of VideoEncoderBackend carries a plan out.
enum class EncoderBackend { kAvcodec, kOpenH264, kVpx, kAom, kX265 };

struct VideoEncoderPlan {
  VideoEncoderConfig config;
  EncoderBackend backend = EncoderBackend::kAvcodec;
  // FFmpeg's name of the encoder, also where the library is driven directly; `config.encoder` picks by it.
  const char* encoder = nullptr;
  PixelFormat input_format = PixelFormat::kI420;
  // Each frame gives its packet before the next one is sent, so that there is never anything to drain.
  bool zero_delay = false;
  // Frames that the encoder may hold at once; the bound of frame_info_ lies above it.
  int max_delay = 0;
  int thread_count = 1;
  int gop_size = 0;
  int64_t bitrate = 0;
  int64_t max_rate = 0;
  int64_t buffer_size = 0;
  // The library counts frames at the rate that it was told when it was opened, and takes no other.
  bool needs_steady_rate = false;
  // Settings of libavcodec's encoders by their option names; of the others by names of their backend's own.
  std::vector<std::pair<std::string, std::string>> options;

  // --- Of libavcodec's encoders alone -----------------------------------------------------------------------------
  bool slice_threads = false;
  int max_b_frames = 0;
  int reference_frames = 0;
  bool global_header = false;
  // The library's rate control counts frames at the configured rate instead of looking at timestamps: RatePacer makes
  // up for the difference.
  bool counts_frames = false;
  // The encoder cannot be told to make a key frame: it is drained and another one begins with it.
  bool reopens_for_key_frame = false;
  // The library waits for ever in its own end unless it had a frame and was drained.
  bool drains_before_close = false;
  // Each frame carries its quantizer (see kRegionOfInterestBase).
  bool quantizes_by_region = false;
  // The device that encodes; kNone for libraries.
  Device device;
  // Frames go into the device's memory before the encoder takes them.
  bool uploads_frames = false;

  // Everything that decides whether the encoder opens, as the key of the probe's cache.
  std::string CacheKey() const;
  // Whether the encoders of both make the same stream but for its bitrate and frame rate.
  bool DiffersInRateAlone(const VideoEncoderPlan& other) const;
  // What both are made of.
  std::string StreamKey() const;
};

// Chooses the first encoder for `config` that opens, or the one that it names. Each plan is really opened, once; later
// calls answer from a cache.
Status ResolveVideoEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan);

// --- One file per codec library -----------------------------------------------------------------------------------
// Each fills in a plan, or says why its library cannot do what the configuration asks for.
Status PlanX264(const VideoEncoderConfig& config, VideoEncoderPlan* plan);
Status PlanX265(const VideoEncoderConfig& config, VideoEncoderPlan* plan);
Status PlanSvtAv1(const VideoEncoderConfig& config, VideoEncoderPlan* plan);
#if WITH_OPENH264
Status PlanOpenH264(const VideoEncoderConfig& config, VideoEncoderPlan* plan);
#endif
#if WITH_VPX
Status PlanVpx(const VideoEncoderConfig& config, VideoEncoderPlan* plan);
#endif
#if WITH_AOM
Status PlanAom(const VideoEncoderConfig& config, VideoEncoderPlan* plan);
#endif

// Tells the log that `plan` was chosen, or why not.
void LogChoice(const VideoEncoderPlan& plan, const Status& status);

// Frames per second that rate control expects.
double FramerateOf(const VideoEncoderConfig& config);

// --- For the planners ---------------------------------------------------------------------------------------------
// Bits per second for a constant bitrate that a configuration does not name.
int64_t DefaultBitrate(const VideoEncoderConfig& config);
// Threads for one encoder: `useful` are as many as its library gains by at this size. Never more than there are
// processors, unless the configuration or WEBCODECS_NATIVE_THREADS says how many.
int ThreadCount(const VideoEncoderConfig& config, int useful);
// The `quality` of the configuration as the library writes it, without more decimals than it has.
std::string QualityText(const VideoEncoderConfig& config);
// Where the library's scale ends before the quality asked for.
Status CheckQuality(const VideoEncoderConfig& config, double lowest, double highest);
// kI420P10 for 10 bits and 420, and so on; kUnknown for what there is no format for.
PixelFormat InputFormat(int bit_depth, int chroma);

}  // namespace webcodecs
