#include "image/animation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "image/output_format.h"
#include "media/picture.h"

namespace webcodecs {
namespace {

constexpr int kPixelBytes = 4;

uint8_t* PixelAt(const AVFrame& frame, int x, int y) {
  return frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0] + static_cast<ptrdiff_t>(x) * kPixelBytes;
}

Rect Intersect(const Rect& rect, int width, int height) {
  const int left = std::clamp(rect.x, 0, width), top = std::clamp(rect.y, 0, height);
  const int right = static_cast<int>(std::clamp<int64_t>(int64_t{rect.x} + rect.width, left, width));
  const int bottom = static_cast<int>(std::clamp<int64_t>(int64_t{rect.y} + rect.height, top, height));
  return {left, top, right - left, bottom - top};
}

void Clear(const AVFrame& canvas, const Rect& rect) {
  for (int y = 0; y < rect.height; y++)
    std::memset(PixelAt(canvas, rect.x, rect.y + y), 0, static_cast<size_t>(rect.width) * kPixelBytes);
}

void Copy(const AVFrame& from, int from_x, int from_y, const AVFrame& to, const Rect& rect) {
  for (int y = 0; y < rect.height; y++)
    std::memcpy(PixelAt(to, rect.x, rect.y + y), PixelAt(from, from_x, from_y + y),
                static_cast<size_t>(rect.width) * kPixelBytes);
}

// "Over" with alpha that is not multiplied in (PNG, "Alpha channel processing").
void BlendRow(const uint8_t* source, uint8_t* target, int width) {
  for (int i = 0; i < width; i++, source += kPixelBytes, target += kPixelBytes) {
    const int alpha = source[3];
    if (alpha == 255 || (alpha > 0 && target[3] == 0)) {
      std::memcpy(target, source, kPixelBytes);
    } else if (alpha > 0) {
      // Shares of both pixels, in units of 1 / (255 * 255).
      const int over = alpha * 255, under = target[3] * (255 - alpha), sum = over + under;
      for (int c = 0; c < 3; c++)
        target[c] = static_cast<uint8_t>((source[c] * over + target[c] * under + sum / 2) / sum);
      target[3] = static_cast<uint8_t>((sum + 127) / 255);
    }
  }
}

void Blend(const AVFrame& from, int from_x, int from_y, const AVFrame& to, const Rect& rect) {
  for (int y = 0; y < rect.height; y++)
    BlendRow(PixelAt(from, from_x, from_y + y), PixelAt(to, rect.x, rect.y + y), rect.width);
}

bool IsOpaque(const AVFrame& frame) {
  for (int y = 0; y < frame.height; y++) {
    const uint8_t* row = PixelAt(frame, 0, y);
    int all = 255;
    for (int x = 0; x < frame.width; x++) all &= row[x * kPixelBytes + 3];
    if (all != 255) return false;
  }
  return true;
}

}  // namespace

Status AnimatedReader::AddFrame(const AnimationFrame& frame) {
  if (frames_.size() >= kMaxImageFrames)
    return BadImage("the animation has more than " + std::to_string(kMaxImageFrames) + " frames");
  frames_.push_back(frame);
  return Status::Ok();
}

bool AnimatedReader::CoversCanvas(const AnimationFrame& frame) const {
  const Rect inside = Intersect(frame.rect, canvas_width_, canvas_height_);
  return inside.width == canvas_width_ && inside.height == canvas_height_;
}

// The frame from which drawing gives the canvas of frame `index`: what the canvas shows is drawn on, else the last
// frame before which nothing matters.
int AnimatedReader::FirstToDraw(int index) const {
  int first = index;
  while (first > 0 && drawn_ != first - 1) {
    const AnimationFrame& frame = frames_[static_cast<size_t>(first)];
    if (!frame.blend && CoversCanvas(frame) && frame.dispose != Dispose::kPrevious) break;
    const AnimationFrame& before = frames_[static_cast<size_t>(first) - 1];
    if (before.dispose == Dispose::kBackground && CoversCanvas(before)) break;
    --first;
  }
  return first;
}

Status AnimatedReader::Draw(const ImageData& image, int index) {
  const AnimationFrame& frame = frames_[static_cast<size_t>(index)];
  const Rect target = Intersect(frame.rect, canvas_width_, canvas_height_);
  AVFramePtr pixels;
  if (Status status = DecodeRectangle(image, index, &pixels); !status.ok()) return status;
  if (Status status = ConvertToBgra(&pixels); !status.ok()) return status;
  if (pixels->width < frame.rect.width || pixels->height < frame.rect.height)
    return BadImage("a frame of the animation has too few pixels");

  const Rect whole{0, 0, canvas_width_, canvas_height_};
  if (!canvas_) {
    canvas_ = AllocatePoolFrame(PixelFormat::kBGRA, canvas_width_, canvas_height_);
    if (!canvas_) return Status(StatusCode::kOutOfMemory, "out of memory");
    drawn_ = -1;
  }
  if (drawn_ < 0 || drawn_ != index - 1) {
    Clear(*canvas_, whole);
  } else {
    const AnimationFrame& before = frames_[static_cast<size_t>(drawn_)];
    const Rect rect = Intersect(before.rect, canvas_width_, canvas_height_);
    if (before.dispose == Dispose::kBackground) Clear(*canvas_, rect);
    if (before.dispose == Dispose::kPrevious && saved_) Copy(*saved_, 0, 0, *canvas_, rect);
  }
  drawn_ = -1;  // neither, until all is done
  saved_.reset();
  if (frame.dispose == Dispose::kPrevious && target.width > 0 && target.height > 0) {
    saved_ = AllocatePoolFrame(PixelFormat::kBGRA, target.width, target.height);
    if (!saved_) return Status(StatusCode::kOutOfMemory, "out of memory");
    Copy(*canvas_, target.x, target.y, *saved_, {0, 0, target.width, target.height});
  }
  const int left = target.x - frame.rect.x, top = target.y - frame.rect.y;
  if (frame.blend)
    Blend(*pixels, left, top, *canvas_, target);
  else
    Copy(*pixels, left, top, *canvas_, target);
  drawn_ = index;
  return Status::Ok();
}

Status AnimatedReader::Decode(const ImageData& image, const ImageRequest& request,
                              std::optional<ImageOutput>* output) {
  const size_t index = static_cast<size_t>(request.frame);
  if (request.frame < 0 || index >= frames_.size() || !frames_[index].complete) return Status::Ok();
  if (drawn_ != request.frame) {
    const int first = FirstToDraw(request.frame);
    if (first == 0 || drawn_ != first - 1) drawn_ = -1;
    for (int i = first; i <= request.frame; i++) {
      if (request.aborted()) return Status::Ok();
      if (Status status = Draw(image, i); !status.ok()) return status;
    }
  }
  ImageOutput out;
  if (frames_.size() == 1) {
    // Nothing will be drawn on it.
    out.frame = std::move(canvas_);
    drawn_ = -1;
  } else {
    out.frame = AllocatePoolFrame(PixelFormat::kBGRA, canvas_width_, canvas_height_);
    if (!out.frame) return Status(StatusCode::kOutOfMemory, "out of memory");
    Copy(*canvas_, 0, 0, *out.frame, {0, 0, canvas_width_, canvas_height_});
  }
  out.opaque = IsOpaque(*out.frame);
  for (size_t i = 0; i < index; i++) out.timestamp += std::max<int64_t>(frames_[i].duration, 0);
  if (frames_[index].duration >= 0) out.duration = frames_[index].duration;
  out.color = kSrgb;
  Describe(image, &out);
  *output = std::move(out);
  return Status::Ok();
}

}  // namespace webcodecs
