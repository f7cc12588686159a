// Animations whose frames are rectangles that are drawn on a canvas: GIF, APNG and WebP. The canvas begins transparent,
// as in browsers, whatever background colour the file names.
#pragma once

#include "image/image_reader.h"

namespace webcodecs {

enum class Dispose : uint8_t { kNone, kBackground, kPrevious };

struct AnimationFrame {
  Rect rect{};
  Dispose dispose = Dispose::kNone;
  bool blend = false;          // over what is there, instead of replacing it
  bool complete = false;       // all its bytes are there
  int64_t duration = -1;       // microseconds; -1 when the file does not say
  size_t begin = 0, end = 0;   // where its data is; what that means is the format's own business
};

class AnimatedReader : public ImageReader {
 public:
  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override;

 protected:
  // Gives the pixels of frame `index`, of the size of its rectangle or a little more, in any format that
  // ConvertToBgra takes.
  virtual Status DecodeRectangle(const ImageData& image, int index, AVFramePtr* pixels) = 0;
  // Called for the output before it is handed out: colour, orientation and profile.
  virtual void Describe(const ImageData& image, ImageOutput* output) = 0;

  // Fails when there are too many.
  Status AddFrame(const AnimationFrame& frame);

  std::vector<AnimationFrame> frames_;
  int canvas_width_ = 0;
  int canvas_height_ = 0;

 private:
  Status Draw(const ImageData& image, int index);
  int FirstToDraw(int index) const;
  bool CoversCanvas(const AnimationFrame& frame) const;

  AVFramePtr canvas_;
  AVFramePtr saved_;     // what was under a frame that is to be disposed to "previous"
  int drawn_ = -1;       // the frame that the canvas shows, before its disposal
};

}  // namespace webcodecs
