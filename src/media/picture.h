// A media resource (spec: "media resource"): the pixels that a VideoFrame refers to, immutable once made, shared by
// every VideoFrame, clone and encoder that refers to it.
#pragma once

#include <atomic>
#include <memory>

#include "media/pixel_format.h"
#include "util/allocation_tracker.h"
#include "util/counters.h"
#include "util/ffmpeg_raii.h"
#include "util/handle_counts.h"

namespace webcodecs {

enum class PictureMemory {
  kNative,      // a pool's or a decoder's: readable some way past its end
  kJavaScript,  // an ArrayBuffer's: ends where it ends, and V8 knows its size already
};

class Picture {
 public:
  // Adopts a decoded frame as it is. `frame->width` and `height` are the coded size (decoders run with
  // apply_cropping off).
  static std::shared_ptr<Picture> FromAVFrame(AVFramePtr frame);
  // Takes pixels that lie in `owner`'s memory, plane by plane. Null when memory is out.
  static std::shared_ptr<Picture> FromPlanes(PixelFormat format, int width, int height, uint8_t* const data[4],
                                             const int stride[4], AVBufferRefPtr owner, size_t bytes,
                                             PictureMemory memory = PictureMemory::kNative);
  // Takes a frame that AllocatePoolFrame made. Null when memory is out.
  static std::shared_ptr<Picture> FromPoolFrame(PixelFormat format, AVFramePtr frame);
  ~Picture();
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  PixelFormat format() const { return format_; }
  int width() const { return frame_->width; }
  int height() const { return frame_->height; }
  const uint8_t* data(int plane) const { return frame_->data[plane]; }
  int stride(int plane) const { return frame_->linesize[plane]; }
  const AVFrame* frame() const { return frame_.get(); }
  // Bytes that this picture keeps alive.
  size_t bytes() const { return bytes_; }
  PictureMemory memory() const { return memory_; }
  size_t external_bytes() const { return memory_ == PictureMemory::kJavaScript ? 0 : bytes_; }

  static constexpr AllocationKind kAllocationKind = AllocationKind::kPicture;
  // On whose behalf it was made.
  AllocationContext allocation_context() const { return allocation_context_; }

  // The copy for other threads of a picture whose memory is JavaScript's. Used by the thread that made the picture.
  std::weak_ptr<Picture>& native_copy() { return native_copy_; }

  HandleCounts& js_handles() { return js_handles_; }
  // Under which JavaScript knows that it borrows the memory; 0 while it does not.
  std::atomic<int64_t>& loan_id() { return loan_id_; }

 private:
  Picture(PixelFormat format, AVFramePtr frame, size_t bytes, PictureMemory memory);
  PixelFormat format_;
  AVFramePtr frame_;
  size_t bytes_;
  PictureMemory memory_;
  const AllocationContext allocation_context_ = AllocationContext::Current();
  TrackedAllocation tracked_;  // of a decoder's memory: the pool tells of its own
  HandleCounts js_handles_;
  std::weak_ptr<Picture> native_copy_;
  std::atomic<int64_t> loan_id_{0};
  CountedBy counted_;
};

using PicturePtr = std::shared_ptr<Picture>;

// Makes an uninitialised frame of this format and size in one pool buffer: every plane and row aligned to
// FramePool::kAlignment. Null when memory is out.
AVFramePtr AllocatePoolFrame(PixelFormat format, int width, int height);

}  // namespace webcodecs
