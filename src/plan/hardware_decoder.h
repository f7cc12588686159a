// From a configuration that demands a device to a decoder of FFmpeg's that runs on one.
#pragma once

#include "plan/video_decoder_plan.h"
#include "util/status.h"

namespace webcodecs {

// Opens a decoder on the first device that decodes such streams, which was seen to do so: see probe_pictures.h. Its
// frames may be in the device's memory. It never decodes without the device: what that cannot do fails.
Status OpenHardwareDecoder(const VideoDecoderConfig& config, AVCodecContextPtr* out);

}  // namespace webcodecs
