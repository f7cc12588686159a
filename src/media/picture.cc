#include "media/picture.h"

#include <utility>

#include "media/frame_pool.h"

namespace webcodecs {

Picture::Picture(PixelFormat format, AVFramePtr frame, size_t bytes, PictureMemory memory)
    : format_(format), frame_(std::move(frame)), bytes_(bytes), memory_(memory), counted_(GlobalCounters().pictures) {
  GlobalCounters().picture_bytes.fetch_add(static_cast<int64_t>(bytes_), std::memory_order_relaxed);
}

Picture::~Picture() {
  GlobalCounters().picture_bytes.fetch_sub(static_cast<int64_t>(bytes_), std::memory_order_relaxed);
}

PicturePtr Picture::FromAVFrame(AVFramePtr frame) {
  if (!frame) return nullptr;
  size_t bytes = 0;
  for (const AVBufferRef* buffer : frame->buf) {
    if (buffer) bytes += buffer->size;
  }
  const PixelFormat format = PixelFormatFromAv(static_cast<AVPixelFormat>(frame->format));
  PicturePtr picture(new Picture(format, std::move(frame), bytes, PictureMemory::kNative));
  picture->tracked_ = TrackedAllocation(AllocationKind::kDecodedPicture, bytes, false);
  return picture;
}

PicturePtr Picture::FromPlanes(PixelFormat format, int width, int height, uint8_t* const data[4], const int stride[4],
                               AVBufferRefPtr owner, size_t bytes, PictureMemory memory) {
  AVFramePtr frame(av_frame_alloc());
  if (!frame || !owner) return nullptr;
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  frame->format = info.av_format;
  frame->width = width;
  frame->height = height;
  for (int plane = 0; plane < info.plane_count; plane++) {
    frame->data[plane] = data[plane];
    frame->linesize[plane] = stride[plane];
  }
  frame->buf[0] = owner.release();
  return PicturePtr(new Picture(format, std::move(frame), bytes, memory));
}

PicturePtr Picture::FromPoolFrame(PixelFormat format, AVFramePtr frame) {
  const size_t bytes = frame->buf[0]->size;
  AVBufferRefPtr owner(frame->buf[0]);
  frame->buf[0] = nullptr;
  return FromPlanes(format, frame->width, frame->height, frame->data, frame->linesize, std::move(owner), bytes);
}

AVFramePtr AllocatePoolFrame(PixelFormat format, int width, int height) {
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  size_t offsets[4] = {}, strides[4] = {}, size = 0;
  for (int plane = 0; plane < info.plane_count; plane++) {
    const size_t row_bytes = static_cast<size_t>(PlaneRowBytes(info.planes[plane], width));
    offsets[plane] = size;
    strides[plane] = (row_bytes + FramePool::kAlignment - 1) & ~(FramePool::kAlignment - 1);
    size += strides[plane] * PlaneHeight(info.planes[plane], height);
  }
  PoolBufferPtr buffer = FramePool::Global().Acquire(size, AllocationKind::kPicture);
  AVFramePtr frame(av_frame_alloc());
  if (!buffer || !frame) return nullptr;
  for (int plane = 0; plane < info.plane_count; plane++) {
    frame->data[plane] = buffer->data() + offsets[plane];
    frame->linesize[plane] = static_cast<int>(strides[plane]);
  }
  frame->buf[0] = WrapPoolBuffer(std::move(buffer)).release();
  if (!frame->buf[0]) return nullptr;
  frame->format = info.av_format;
  frame->width = width;
  frame->height = height;
  return frame;
}

}  // namespace webcodecs
