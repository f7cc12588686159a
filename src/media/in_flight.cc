#include "media/in_flight.h"

#include <cstring>
#include <utility>
#include <vector>

#include "media/copy.h"
#include "media/frame_pool.h"

namespace webcodecs {

InFlight& InFlight::Global() {
  static InFlight* table = new InFlight();
  return *table;
}

int64_t InFlight::OpenLane() {
  std::lock_guard<std::mutex> lock(mutex_);
  return ++last_number_;
}

void InFlight::CloseLane(int64_t lane) {
  std::vector<Media> freed;  // after the lock is gone
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.lane != lane) {
      ++it;
      continue;
    }
    freed.push_back(std::move(it->second.media));
    it = entries_.erase(it);
  }
}

int64_t InFlight::Add(int64_t lane, Media media) {
  std::lock_guard<std::mutex> lock(mutex_);
  const int64_t number = ++last_number_;
  entries_.emplace(number, Entry{lane, std::move(media), CountedBy(GlobalCounters().in_flight)});
  return number;
}

InFlight::Media InFlight::Take(int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = entries_.find(number);
  if (it == entries_.end()) return {};
  Media media = std::move(it->second.media);
  entries_.erase(it);
  return media;
}

PicturePtr ForOtherThreads(const PicturePtr& picture) {
  if (picture->memory() == PictureMemory::kNative) return picture;
  if (PicturePtr copy = picture->native_copy().lock()) return copy;
  AVFramePtr frame = AllocatePoolFrame(picture->format(), picture->width(), picture->height());
  if (!frame) return nullptr;
  const PixelFormatInfo& info = GetPixelFormatInfo(picture->format());
  for (int plane = 0; plane < info.plane_count; plane++) {
    CopyPlane(picture->data(plane), picture->stride(plane), frame->data[plane], frame->linesize[plane],
              static_cast<size_t>(PlaneRowBytes(info.planes[plane], picture->width())),
              PlaneHeight(info.planes[plane], picture->height()));
  }
  PicturePtr copy = Picture::FromPoolFrame(picture->format(), std::move(frame));
  picture->native_copy() = copy;
  return copy;
}

AudioBufferPtr ForOtherThreads(const AudioBufferPtr& buffer) {
  if (buffer->external_bytes() > 0) return buffer;
  if (AudioBufferPtr copy = buffer->native_copy().lock()) return copy;
  const SampleFormat format = buffer->format();
  const size_t bytes = buffer->frames() * static_cast<size_t>(buffer->channels()) * SampleBytes(format.type);
  PoolBufferPtr memory = FramePool::Global().Acquire(bytes, AllocationKind::kCopy);
  if (!memory) return nullptr;
  // Adopted planes lie one after the other.
  std::memcpy(memory->data(), buffer->plane(0), bytes);
  const uint8_t* data = memory->data();
  AudioBufferPtr copy = AudioBuffer::FromMemory(format, buffer->channels(), buffer->frames(), data,
                                                WrapPoolBuffer(std::move(memory)), false);
  buffer->native_copy() = copy;
  return copy;
}

}  // namespace webcodecs
