// A media resource (spec: "media resource") of sound: the samples that an AudioData refers to, immutable once made,
// shared by every AudioData, clone and encoder that refers to it.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "audio/sample_format.h"
#include "util/allocation_tracker.h"
#include "util/counters.h"
#include "util/ffmpeg_raii.h"
#include "util/handle_counts.h"

namespace webcodecs {

class AudioBuffer {
 public:
  // Adopts decoded samples as they are. Null when their format is none of WebCodecs'.
  static std::shared_ptr<AudioBuffer> FromAVFrame(AVFramePtr frame);
  // Takes samples that lie in `owner`'s memory one plane after the other. `in_javascript`: V8 knows of it already.
  static std::shared_ptr<AudioBuffer> FromMemory(SampleFormat format, int channels, size_t frames, const uint8_t* data,
                                                 AVBufferRefPtr owner, bool in_javascript);
  AudioBuffer(const AudioBuffer&) = delete;
  AudioBuffer& operator=(const AudioBuffer&) = delete;

  SampleFormat format() const { return format_; }
  int channels() const { return channels_; }
  size_t frames() const { return frames_; }
  const uint8_t* plane(int index) const { return planes_[static_cast<size_t>(index)]; }

  // The first sample of `channel`, which is `stride()` samples before the next one.
  const uint8_t* channel(int channel, size_t frame) const {
    const size_t bytes = SampleBytes(format_.type);
    return format_.planar ? plane(channel) + frame * bytes
                          : plane(0) + (frame * static_cast<size_t>(channels_) + static_cast<size_t>(channel)) * bytes;
  }
  ptrdiff_t stride() const { return format_.planar ? 1 : channels_; }

  // Copies a plane in `format`, converted where it is not the buffer's own (spec: step 9 of AudioData.copyTo()).
  // Interleaved formats have one plane. `destination` need not be aligned.
  void Copy(SampleFormat format, int plane, size_t frame_offset, size_t frame_count, uint8_t* destination) const;

  // Memory that this buffer keeps alive and V8 does not know of.
  size_t external_bytes() const { return external_bytes_; }

  static constexpr AllocationKind kAllocationKind = AllocationKind::kSamples;
  // On whose behalf it was made.
  AllocationContext allocation_context() const { return allocation_context_; }
  // What holds the samples; null when a decoder made them.
  const AVBufferRef* owner() const { return owner_.get(); }
  // The copy for other threads of samples whose memory is JavaScript's. Used by the thread that made the buffer.
  std::weak_ptr<AudioBuffer>& native_copy() { return native_copy_; }
  HandleCounts& js_handles() { return js_handles_; }
  // Under which JavaScript knows that it borrows the memory; 0 while it does not.
  std::atomic<int64_t>& loan_id() { return loan_id_; }

 private:
  AudioBuffer(SampleFormat format, int channels, size_t frames);

  SampleFormat format_;
  int channels_;
  size_t frames_;
  std::vector<const uint8_t*> planes_;
  AVFramePtr frame_;      // of a decoder
  AVBufferRefPtr owner_;  // of everything else
  size_t external_bytes_ = 0;
  const AllocationContext allocation_context_ = AllocationContext::Current();
  TrackedAllocation tracked_;  // of a decoder's memory: the pool tells of its own
  HandleCounts js_handles_;
  std::weak_ptr<AudioBuffer> native_copy_;
  std::atomic<int64_t> loan_id_{0};
  CountedBy counted_{GlobalCounters().audio_buffers};
};

using AudioBufferPtr = std::shared_ptr<AudioBuffer>;

}  // namespace webcodecs
