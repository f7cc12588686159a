#include "codec/encoder.h"

namespace webcodecs {

std::unique_ptr<VideoEncoderBackend> CreateEncoder(const VideoEncoderPlan& plan) {
  switch (plan.backend) {
#if WITH_OPENH264
    case EncoderBackend::kOpenH264:
      return CreateOpenH264Encoder();
#endif
#if WITH_VPX
    case EncoderBackend::kVpx:
      return CreateVpxEncoder();
#endif
#if WITH_AOM
    case EncoderBackend::kAom:
      return CreateAomEncoder();
#endif
    default:
      return CreateAvcodecEncoder();
  }
}

}  // namespace webcodecs
