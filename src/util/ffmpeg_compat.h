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

// AV_PROFILE_* replaced FF_PROFILE_*.
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 26, 100)
constexpr int kProfileH264ConstrainedBaseline = AV_PROFILE_H264_CONSTRAINED_BASELINE;
constexpr int kProfileUnknown = AV_PROFILE_UNKNOWN;
#else
constexpr int kProfileH264ConstrainedBaseline = FF_PROFILE_H264_CONSTRAINED_BASELINE;
constexpr int kProfileUnknown = FF_PROFILE_UNKNOWN;
#endif

}  // namespace webcodecs::compat
