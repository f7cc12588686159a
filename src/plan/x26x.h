// What the plans for x264 and x265 have in common: the two libraries share their names of settings and their rate control.
#pragma once

#include "plan/library_params.h"
#include "plan/video_encoder_plan.h"

namespace webcodecs::x26x {

// Nothing but the frame's quantizer may move the quantizer. `trees` is the library's name of the tree that does.
// Regions of interest, which tell it through FFmpeg, need adaptive quantization to be on; this strength moves nothing.
void AddQuantizer(const char* trees, LibraryParams* params);

// The bitrate kept within half a second.
void SetConstantRate(VideoEncoderPlan* plan);

// The speeds that both libraries have, and how many reference frames they take; null for what is none of them.
struct Preset {
  const char* name;
  int x264_references;
};
const Preset* FindPreset(const std::string& name);

// What the library's medium preset takes, within what the level's decoded picture buffer holds.
int ReferenceFrames(const VideoEncoderConfig& config);

}  // namespace webcodecs::x26x
