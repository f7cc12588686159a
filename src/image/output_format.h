// The last steps of decoding an image: the formats that decoders give become formats of the specification, in the size
// that was asked for.
#pragma once

#include "image/image_reader.h"
#include "media/picture.h"

namespace webcodecs {

struct ImageOptions {
  bool ignore_color = false;  // colorSpaceConversion "none"
  // The size that the picture is to be shown with; 0 for its own.
  int desired_width = 0;
  int desired_height = 0;
};

// Any format of 8 bits or more a sample to BGRA. Alpha is 255 where the format has none. What is BGRA already stays.
Status ConvertToBgra(AVFramePtr* frame);

// A picture ready for JavaScript. `format` may name the picture's format without its alpha.
struct FinishedImage {
  PicturePtr picture;
  PixelFormat format;
  Rect visible;
  ColorSpace color;
};

Status FinishImage(ImageOutput output, const ImageOptions& options, FinishedImage* finished);

}  // namespace webcodecs
