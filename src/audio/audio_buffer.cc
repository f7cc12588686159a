#include "audio/audio_buffer.h"

#include <cstring>
#include <utility>

#include "audio/convert_samples.h"
#include "media/pool_array.h"

namespace webcodecs {

AudioBuffer::AudioBuffer(SampleFormat format, int channels, size_t frames)
    : format_(format), channels_(channels), frames_(frames) {}

AudioBufferPtr AudioBuffer::FromAVFrame(AVFramePtr frame) {
  SampleFormat format;
  if (!frame || !SampleFormat::FromAv(frame->format, &format)) return nullptr;
  const int channels = frame->ch_layout.nb_channels;
  AudioBufferPtr buffer(new AudioBuffer(format, channels, static_cast<size_t>(frame->nb_samples)));
  const int plane_count = format.planar ? channels : 1;
  buffer->planes_.assign(frame->extended_data, frame->extended_data + plane_count);
  for (const AVBufferRef* part : frame->buf) {
    if (part) buffer->external_bytes_ += part->size;
  }
  for (int i = 0; i < frame->nb_extended_buf; i++) buffer->external_bytes_ += frame->extended_buf[i]->size;
  buffer->frame_ = std::move(frame);
  buffer->tracked_ = TrackedAllocation(AllocationKind::kDecodedSamples, buffer->external_bytes_, false);
  return buffer;
}

AudioBufferPtr AudioBuffer::FromMemory(SampleFormat format, int channels, size_t frames, const uint8_t* data,
                                       AVBufferRefPtr owner, bool in_javascript) {
  if (!owner) return nullptr;
  AudioBufferPtr buffer(new AudioBuffer(format, channels, frames));
  const size_t plane_bytes = frames * SampleBytes(format.type);
  for (int plane = 0; plane < (format.planar ? channels : 1); plane++) {
    buffer->planes_.push_back(data + static_cast<size_t>(plane) * plane_bytes);
  }
  if (!in_javascript) buffer->external_bytes_ = owner->size;
  buffer->owner_ = std::move(owner);
  return buffer;
}

void AudioBuffer::Copy(SampleFormat format, int plane, size_t frame_offset, size_t frame_count,
                       uint8_t* destination) const {
  const size_t sample_bytes = SampleBytes(format.type);
  const size_t channels = static_cast<size_t>(channels_);
  if (format == format_) {
    const size_t frame_bytes = sample_bytes * (format.planar ? 1 : channels);
    std::memcpy(destination, planes_[static_cast<size_t>(plane)] + frame_offset * frame_bytes, frame_count * frame_bytes);
    return;
  }
  // A view of any offset may be the destination, and samples of several bytes are written as such.
  const size_t total = frame_count * sample_bytes * (format.planar ? 1 : channels);
  const bool is_aligned = reinterpret_cast<uintptr_t>(destination) % sample_bytes == 0;
  PoolArray<uint8_t> aligned(is_aligned ? 0 : total);
  uint8_t* out = is_aligned ? destination : aligned.data();
  if (format.planar) {
    ConvertSamples(channel(plane, frame_offset), format_.type, stride(), out, format.type, 1, frame_count);
  } else if (!format_.planar) {
    ConvertSamples(channel(0, frame_offset), format_.type, 1, out, format.type, 1, frame_count * channels);
  } else {
    for (int c = 0; c < channels_; c++) {
      ConvertSamples(channel(c, frame_offset), format_.type, 1, out + static_cast<size_t>(c) * sample_bytes, format.type,
                     channels_, frame_count);
    }
  }
  if (out != destination) std::memcpy(destination, out, total);
}

}  // namespace webcodecs
