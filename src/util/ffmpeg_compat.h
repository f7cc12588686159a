// What differs between FFmpeg 5.1 and 9, in one place.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <libavutil/version.h>
}

namespace webcodecs::compat {

inline void SetFrameDuration(AVFrame* frame, int64_t duration) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  frame->duration = duration;
#else
  frame->pkt_duration = duration;
#endif
}

// In the time base of the packet that it came from; 0 when it is not known.
inline int64_t FrameDuration(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

inline void SetKeyFrame(AVFrame* frame, bool key) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  if (key)
    frame->flags |= AV_FRAME_FLAG_KEY;
  else
    frame->flags &= ~AV_FRAME_FLAG_KEY;
#else
  frame->key_frame = key ? 1 : 0;
#endif
}

// The rates that an encoder takes, with a zero at the end; null for any. AVCodec.supported_samplerates is gone in 9.
inline const int* SupportedSampleRates(const AVCodec* codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void* rates = nullptr;
  if (avcodec_get_supported_config(nullptr, codec, AV_CODEC_CONFIG_SAMPLE_RATE, 0, &rates, nullptr) < 0) return nullptr;
  return static_cast<const int*>(rates);
#else
  return codec->supported_samplerates;
#endif
}

// AV_PROFILE_* replaced FF_PROFILE_*.
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 26, 100)
constexpr int kProfileH264ConstrainedBaseline = AV_PROFILE_H264_CONSTRAINED_BASELINE;
constexpr int kProfileUnknown = AV_PROFILE_UNKNOWN;
constexpr int kProfileAacLow = AV_PROFILE_AAC_LOW;
constexpr int kProfileMpeg2AacLow = AV_PROFILE_MPEG2_AAC_LOW;
#else
constexpr int kProfileH264ConstrainedBaseline = FF_PROFILE_H264_CONSTRAINED_BASELINE;
constexpr int kProfileUnknown = FF_PROFILE_UNKNOWN;
constexpr int kProfileAacLow = FF_PROFILE_AAC_LOW;
constexpr int kProfileMpeg2AacLow = FF_PROFILE_MPEG2_AAC_LOW;
#endif

}  // namespace webcodecs::compat
