#include "plan/x26x.h"

#include <algorithm>
#include <string>

namespace webcodecs::x26x {

void AddQuantizer(const char* trees, LibraryParams* params) {
  params->Add("crf", std::to_string(kRegionOfInterestBase));
  params->Add("aq-mode", "1");
  params->Add("aq-strength", "0.0001");
  params->Add(trees, "0");
  params->Add("qcomp", "1");
  params->Add("ipratio", "1");
  params->Add("pbratio", "1");
}

void SetConstantRate(VideoEncoderPlan* plan) {
  plan->bitrate = plan->config.bitrate > 0 ? plan->config.bitrate : DefaultBitrate(plan->config);
  plan->max_rate = plan->bitrate;
  plan->buffer_size = plan->bitrate;
}

const Preset* FindPreset(const std::string& name) {
  static constexpr Preset kPresets[] = {{"ultrafast", 1}, {"superfast", 1}, {"veryfast", 1}, {"faster", 2},
                                        {"fast", 2},      {"medium", 3},    {"slow", 5},     {"slower", 8},
                                        {"veryslow", 16}, {"placebo", 16}};
  for (const Preset& preset : kPresets) {
    if (name == preset.name) return &preset;
  }
  return nullptr;
}

int ReferenceFrames(const VideoEncoderConfig& config) {
  return std::max(1, std::min(config.realtime ? 1 : 3, config.max_reference_frames));
}

}  // namespace webcodecs::x26x
