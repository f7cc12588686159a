#include "audio/pool_samples.h"

#include "media/frame_pool.h"

namespace webcodecs {

AVFramePtr AllocatePoolSamples(AVSampleFormat format, const AVChannelLayout& layout, int sample_rate, int samples) {
  const int channels = layout.nb_channels;
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  if (samples <= 0 || channels <= 0 || (planar && channels > AV_NUM_DATA_POINTERS)) return nullptr;
  const size_t rounded = (static_cast<size_t>(samples) + 31) & ~size_t{31};
  const size_t row = rounded * static_cast<size_t>(av_get_bytes_per_sample(format)) *
                     static_cast<size_t>(planar ? 1 : channels);
  const size_t plane = (row + FramePool::kAlignment - 1) & ~(FramePool::kAlignment - 1);
  const int planes = planar ? channels : 1;
  PoolBufferPtr buffer = FramePool::Global().Acquire(plane * static_cast<size_t>(planes), AllocationKind::kSamples);
  AVFramePtr frame(av_frame_alloc());
  if (!buffer || !frame || av_channel_layout_copy(&frame->ch_layout, &layout) < 0) return nullptr;
  frame->format = format;
  frame->sample_rate = sample_rate;
  frame->nb_samples = samples;
  frame->linesize[0] = static_cast<int>(plane);
  for (int i = 0; i < planes; i++) frame->data[i] = buffer->data() + plane * static_cast<size_t>(i);
  frame->extended_data = frame->data;
  frame->buf[0] = WrapPoolBuffer(std::move(buffer)).release();
  return frame->buf[0] ? std::move(frame) : nullptr;
}

}  // namespace webcodecs
