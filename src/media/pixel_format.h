// The pixel formats of the specification, in the order of its VideoPixelFormat enum; lib/pixel-format.ts has the
// same order, and the index crosses the boundary instead of the name.
#pragma once

#include "util/ffmpeg_raii.h"

namespace webcodecs {

enum class PixelFormat : int {
  kUnknown = -1,
  kI420 = 0,
  kI420P10,
  kI420P12,
  kI420A,
  kI420AP10,
  kI420AP12,
  kI422,
  kI422P10,
  kI422P12,
  kI422A,
  kI422AP10,
  kI422AP12,
  kI444,
  kI444P10,
  kI444P12,
  kI444A,
  kI444AP10,
  kI444AP12,
  kNV12,
  kRGBA,
  kRGBX,
  kBGRA,
  kBGRX,
  kCount,
};

struct PlaneInfo {
  int sample_bytes;   // bytes of one sample (of a whole UV pair or RGBA pixel where they are interleaved)
  int sample_width;   // horizontal sub-sampling factor
  int sample_height;  // vertical sub-sampling factor
};

struct PixelFormatInfo {
  const char* name;
  AVPixelFormat av_format;  // AV_PIX_FMT_NONE where FFmpeg has no such format
  int bit_depth;
  bool is_rgb;
  bool has_alpha;
  int plane_count;
  PlaneInfo planes[4];
};

// The samples (or pairs, or pixels) that lie in a row of a plane, and its rows, for a picture of this size.
inline int PlaneWidth(const PlaneInfo& plane, int width) {
  return (width + plane.sample_width - 1) / plane.sample_width;
}
inline int PlaneHeight(const PlaneInfo& plane, int height) {
  return (height + plane.sample_height - 1) / plane.sample_height;
}
inline int PlaneRowBytes(const PlaneInfo& plane, int width) { return PlaneWidth(plane, width) * plane.sample_bytes; }

// `format` must not be kUnknown.
const PixelFormatInfo& GetPixelFormatInfo(PixelFormat format);

// The specification's name for a format of FFmpeg's; kUnknown where it has none. Full-range ("yuvj") formats are
// their plain counterparts: range is a matter of the colour space. Planar RGB is kI444 and its kin: such frames must
// carry the matrix 0 ("rgb").
PixelFormat PixelFormatFromAv(AVPixelFormat format);

}  // namespace webcodecs
