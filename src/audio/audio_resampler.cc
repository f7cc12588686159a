#include "audio/audio_resampler.h"

#include <algorithm>

#include "audio/pool_samples.h"

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
  const int most = std::max(swr_get_out_samples(context_.get(), frames), 1);
  AVFramePtr frame = AllocatePoolSamples(AV_SAMPLE_FMT_FLTP, destination_.layout, destination_.sample_rate, most);
  if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
  const int count = swr_convert(context_.get(), frame->extended_data, frame->nb_samples,
                                const_cast<const uint8_t**>(planes), frames);
  if (count < 0) return Status::FromAv(StatusCode::kEncoding, "libswresample", count);
  frame->nb_samples = count;
  *out = std::move(frame);
  return Status::Ok();
}

}  // namespace webcodecs
