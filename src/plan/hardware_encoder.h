// From a configuration that demands a device to an encoder of FFmpeg's and its settings.
#pragma once

#include "plan/video_encoder_plan.h"
#include "util/status.h"

namespace webcodecs {

// Chooses the first device that encodes what `config` asks for. What it claims was tried on the device: see
// TryHardwareEncoder.
Status ResolveHardwareEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan);

// Encodes two pictures: the stream must agree with the codec string, the second be a key frame because it was asked
// for, and in realtime mode each packet come before the next picture.
Status TryHardwareEncoder(const VideoEncoderPlan& plan);

}  // namespace webcodecs
