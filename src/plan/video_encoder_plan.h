// From a configuration to a codec library and its settings. isConfigSupported() and configure() share it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "media/pixel_format.h"
#include "util/status.h"

namespace webcodecs {

// NativeVideoEncoderConfig of lib/native.ts.
struct VideoEncoderConfig {
  std::string codec;
  int profile = 0;
  int constraints = 0;
  int level = 0;
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
};

// In quantizer mode a region of interest over the whole frame tells the encoder the frame's quantizer, as its distance
// from this one. It follows its frame through reordering.
constexpr int kRegionOfInterestBase = 30;
// What rate control expects where a configuration names no frame rate.
constexpr double kDefaultFramerate = 30;
// For frames that come without one in quantizer mode.
constexpr int kDefaultQuantizer = 28;

struct VideoEncoderPlan {
  VideoEncoderConfig config;
  const char* encoder = nullptr;  // FFmpeg's name of it
  PixelFormat input_format = PixelFormat::kI420;
  std::vector<std::pair<std::string, std::string>> options;
  int thread_count = 1;
  bool slice_threads = false;
  int gop_size = 0;
  int max_b_frames = 0;
  int reference_frames = 0;
  int64_t bitrate = 0;
  int64_t max_rate = 0;
  int64_t buffer_size = 0;
  bool global_header = false;
  // Each frame gives its packet before the next one is sent, so that there is never anything to drain.
  bool zero_delay = false;
  // The library's rate control counts frames at the configured rate instead of looking at timestamps: RatePacer makes
  // up for the difference.
  bool counts_frames = false;
  // Frames that the encoder may hold at once; the bound of frame_info_ lies above it.
  int max_delay = 0;
  // Each frame carries its quantizer (see kRegionOfInterestBase).
  bool quantizes_by_region = false;

  // Everything that decides whether the encoder opens, as the key of the probe's cache.
  std::string CacheKey() const;
};

Status PlanVideoEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan);

// Really opens the encoder, once for each plan; later calls answer from the cache.
Status ProbeVideoEncoder(const VideoEncoderPlan& plan);

// --- One file per codec library -----------------------------------------------------------------------------------
Status PlanX264(const VideoEncoderConfig& config, VideoEncoderPlan* plan);

}  // namespace webcodecs
