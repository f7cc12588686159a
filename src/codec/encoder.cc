#include "codec/encoder.h"

namespace webcodecs {

namespace {

CreateFunction FindCreate(EncoderBackend backend) {
  switch (backend) {
#if WITH_OPENH264
    case EncoderBackend::kOpenH264:
      return CreateOpenH264Encoder;
#endif
#if WITH_VPX
    case EncoderBackend::kVpx:
      return CreateVpxEncoder;
#endif
#if WITH_X265
    case EncoderBackend::kX265:
      return CreateX265Encoder;
#endif
#if WITH_AOM
    case EncoderBackend::kAom:
      return CreateAomEncoder;
#endif
    default:
      return CreateAvcodecEncoder;
  }
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateEncoder(const VideoEncoderPlan& plan) {
  const CreateFunction create = FindCreate(plan.backend);
  return plan.needs_steady_rate ? CreateSteadyRateEncoder(create) : create();
}

}  // namespace webcodecs
