#include "media/decoded_frame.h"

namespace webcodecs {

namespace {

int FullRange(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return 1;
    default:
      return frame.color_range == AVCOL_RANGE_UNSPECIFIED ? -1 : frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  }
}

}  // namespace

Rect VisibleRectOf(const AVFrame& frame) {
  return {static_cast<int>(frame.crop_left), static_cast<int>(frame.crop_top),
          frame.width - static_cast<int>(frame.crop_left + frame.crop_right),
          frame.height - static_cast<int>(frame.crop_top + frame.crop_bottom)};
}

ColorSpace ColorSpaceOf(const AVFrame& frame) {
  return {frame.color_primaries, frame.color_trc, frame.colorspace, FullRange(frame)};
}

}  // namespace webcodecs
