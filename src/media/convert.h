// Pixel conversions with the frame's own matrix and range: kernels of our own between YUV and RGB and between kinds of
// YUV, libyuv for scaling, packing and where our kernels do not run, swscale for formats that only FFmpeg knows.
#pragma once

#include "media/color.h"
#include "media/frame_pool.h"
#include "media/picture.h"
#include "util/status.h"

namespace webcodecs {

struct Rect {
  int x, y, width, height;
};

// The rows of one plane of a destination image in memory.
struct RgbDestination {
  uint8_t* data;
  int stride;           // bytes
  PixelFormat format;   // kRGBA, kRGBX, kBGRA or kBGRX
  bool display_p3;      // target colour space: Display P3 instead of sRGB
};

// `source_format` may hide the picture's alpha plane (kI420 over a kI420A picture). Any thread.
Status ConvertToRgb(const Picture& picture, PixelFormat source_format, const Rect& rect, const ColorSpace& color,
                    const RgbDestination& destination);

// About how long ConvertToRgb would take, in microseconds, on a common machine: decides whether it runs at once.
int64_t EstimateConvertToRgbMicros(PixelFormat source_format, const Rect& rect, const ColorSpace& color,
                                   bool display_p3);

// Turns frames of any format, size and colour into what an encoder takes. One per encoder; it caches scaler contexts
// and runs on the codec thread.
class EncoderInputConverter {
 public:
  EncoderInputConverter();
  ~EncoderInputConverter();

  // The encoder's input: size, format, matrix and range. RGB frames are converted with `color.matrix` and
  // `color.full_range`; YUV frames with another matrix or range are converted too.
  void Configure(int width, int height, PixelFormat format, const ColorSpace& color);

  // `*out` refers to the picture's own memory where nothing has to change (same format, size, matrix and range; a
  // visible rectangle only moves the plane pointers), and to pool memory otherwise. Only data, linesize, format,
  // width, height, buf and colour fields are set.
  Status Convert(const PicturePtr& picture, PixelFormat source_format, const Rect& visible, const ColorSpace& color,
                 AVFramePtr* out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace webcodecs
