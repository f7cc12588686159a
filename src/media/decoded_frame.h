// What a decoder that runs with apply_cropping off tells of a picture besides its planes.
#pragma once

#include "media/convert.h"
#include "util/ffmpeg_raii.h"

namespace webcodecs {

Rect VisibleRectOf(const AVFrame& frame);
ColorSpace ColorSpaceOf(const AVFrame& frame);

}  // namespace webcodecs
