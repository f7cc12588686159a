// The way of pictures into a device's memory and out of it.
#pragma once

#include "plan/video_encoder_plan.h"
#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

// Gives an encoder of FFmpeg's that runs on a device its frames: in the layouts that devices know, and in the device's
// memory where it takes no other.
class DeviceInput {
 public:
  // Prepares a context that is not open yet: its pixel format and its device.
  Status Open(const VideoEncoderPlan& plan, AVCodecContext* context);
  // `*frame`, in the plan's input format, becomes what the encoder takes.
  Status Convert(AVFramePtr* frame) const;

 private:
  AVPixelFormat format_ = AV_PIX_FMT_NONE;  // in system memory
  AVBufferRefPtr frames_;                   // the device's; null where it takes system memory
};

// A frame in a device's memory becomes one in the pool's, in a format of the specification's where it has one. Other
// frames stay what they are, but for P010, whose samples are shifted.
Status ToSystemMemory(AVFramePtr* frame);

}  // namespace webcodecs
