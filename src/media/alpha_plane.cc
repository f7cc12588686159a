#include "media/alpha_plane.h"

#include <libyuv.h>

#include <cstring>
#include <utility>

#include "media/copy.h"

namespace webcodecs {

namespace {

constexpr uint8_t kOpaque = 255;
constexpr uint8_t kNeutralChroma = 128;

Status OutOfMemory() { return Status(StatusCode::kOutOfMemory, "No memory for a frame's alpha"); }

void Fill(AVFrame* frame, int plane, uint8_t value, int row_bytes, int rows) {
  for (int y = 0; y < rows; y++) {
    std::memset(frame->data[plane] + static_cast<ptrdiff_t>(y) * frame->linesize[plane], value,
                static_cast<size_t>(row_bytes));
  }
}

void RoundTo8Bits(const uint8_t* source, int source_stride, int bit_depth, int width, int height, uint8_t* target,
                  int target_stride) {
  const unsigned int largest = (1u << bit_depth) - 1;
  for (int y = 0; y < height; y++) {
    const auto* from = reinterpret_cast<const uint16_t*>(source + static_cast<ptrdiff_t>(y) * source_stride);
    uint8_t* to = target + static_cast<ptrdiff_t>(y) * target_stride;
    for (int x = 0; x < width; x++) {
      const unsigned int alpha = from[x] < largest ? from[x] : largest;
      to[x] = static_cast<uint8_t>((alpha * 255 + largest / 2) / largest);
    }
  }
}

// The alpha of `visible` in 8 bits, in its own size.
void ReadAlpha(const Picture& picture, const PixelFormatInfo& info, const Rect& visible, uint8_t* target, int stride) {
  const int plane = info.plane_count - 1;
  const uint8_t* source = picture.data(plane) + static_cast<ptrdiff_t>(visible.y) * picture.stride(plane) +
                          static_cast<ptrdiff_t>(visible.x) * info.planes[plane].sample_bytes;
  if (info.is_rgb) {
    // Alpha is the last byte of a pixel, whether red or blue is its first.
    libyuv::ARGBExtractAlpha(source, picture.stride(plane), target, stride, visible.width, visible.height);
  } else if (info.bit_depth > 8) {
    RoundTo8Bits(source, picture.stride(plane), info.bit_depth, visible.width, visible.height, target, stride);
  } else {
    CopyPlane(source, picture.stride(plane), target, stride, static_cast<size_t>(visible.width), visible.height);
  }
}

}  // namespace

Status ExtractAlpha(const Picture& picture, PixelFormat source_format, const Rect& visible, int width, int height,
                    AVFramePtr* out) {
  AVFramePtr frame = AllocatePoolFrame(PixelFormat::kI420, width, height);
  if (!frame) return OutOfMemory();
  for (int plane = 1; plane < 3; plane++) {
    const PlaneInfo& shape = GetPixelFormatInfo(PixelFormat::kI420).planes[plane];
    Fill(frame.get(), plane, kNeutralChroma, PlaneWidth(shape, width), PlaneHeight(shape, height));
  }
  const bool has_alpha = source_format != PixelFormat::kUnknown && GetPixelFormatInfo(source_format).has_alpha;
  if (!has_alpha) {
    Fill(frame.get(), 0, kOpaque, width, height);
  } else if (visible.width == width && visible.height == height) {
    ReadAlpha(picture, GetPixelFormatInfo(source_format), visible, frame->data[0], frame->linesize[0]);
  } else {
    AVFramePtr whole = AllocatePoolFrame(PixelFormat::kI420, visible.width, visible.height);
    if (!whole) return OutOfMemory();
    ReadAlpha(picture, GetPixelFormatInfo(source_format), visible, whole->data[0], whole->linesize[0]);
    libyuv::ScalePlane(whole->data[0], whole->linesize[0], visible.width, visible.height, frame->data[0],
                       frame->linesize[0], width, height, libyuv::kFilterBox);
  }
  *out = std::move(frame);
  return Status::Ok();
}

}  // namespace webcodecs
