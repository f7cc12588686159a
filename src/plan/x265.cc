// HEVC through libx265.
#include "plan/video_encoder_plan.h"

namespace webcodecs {

Status PlanX265(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  return Status(StatusCode::kNotSupported, "not yet");
}

Status PlanSvtAv1(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  return Status(StatusCode::kNotSupported, "not yet");
}

}  // namespace webcodecs
