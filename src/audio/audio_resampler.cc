#include "audio/audio_resampler.h"

#include <algorithm>

namespace webcodecs {

Status AudioResampler::Open(const Side& source, const Side& destination) {
  SwrContext* context = nullptr;
  // Not const in FFmpeg 5.
  AVChannelLayout from = source.layout, to = destination.layout;
  int result = swr_alloc_set_opts2(&context, &to, AV_SAMPLE_FMT_FLTP, destination.sample_rate, &from,
                                   AV_SAMPLE_FMT_FLTP, source.sample_rate, 0, nullptr);
  context_.reset(context);
  if (result >= 0) result = swr_init(context);
  if (result < 0) {
    context_.reset();
    return Status::FromAv(StatusCode::kNotSupported, "libswresample", result);
  }
  destination_ = destination;
  return Status::Ok();
}

Status AudioResampler::Convert(const uint8_t* const* planes, int frames, AVFramePtr* out) {
  AVFramePtr frame(av_frame_alloc());
  if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
  frame->format = AV_SAMPLE_FMT_FLTP;
  frame->sample_rate = destination_.sample_rate;
  frame->ch_layout = destination_.layout;
  frame->nb_samples = std::max(swr_get_out_samples(context_.get(), frames), 1);
  if (av_frame_get_buffer(frame.get(), 0) < 0) return Status(StatusCode::kOutOfMemory, "out of memory");
  const int count = swr_convert(context_.get(), frame->extended_data, frame->nb_samples,
                                const_cast<const uint8_t**>(planes), frames);
  if (count < 0) return Status::FromAv(StatusCode::kEncoding, "libswresample", count);
  frame->nb_samples = count;
  *out = std::move(frame);
  return Status::Ok();
}

}  // namespace webcodecs
