#include "audio/audio_resampler.h"

#include <algorithm>
#include <new>

#include "audio/pool_samples.h"

namespace webcodecs {

Status AudioResampler::Open(const Side& source, const Side& destination) {
  SwrContext* context = nullptr;
  // Not const in FFmpeg 5.
  AVChannelLayout from = source.layout, to = destination.layout;
  int result = swr_alloc_set_opts2(&context, &to, AV_SAMPLE_FMT_FLTP, destination.sample_rate, &from,
                                   source.format, source.sample_rate, 0, nullptr);
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

bool AudioResampler::Scratch::Reserve(int channels, int count) {
  const size_t size = static_cast<size_t>(count);
  try {
    if (samples_.size() < size * static_cast<size_t>(channels)) samples_.resize(size * static_cast<size_t>(channels));
    planes_.resize(static_cast<size_t>(channels));
  } catch (const std::bad_alloc&) {
    return false;
  }
  for (size_t c = 0; c < planes_.size(); c++) planes_[c] = reinterpret_cast<uint8_t*>(samples_.data() + c * size);
  return true;
}

Status AudioResampler::Convert(const uint8_t* const* planes, int frames, Scratch* out) {
  const int room = std::max(swr_get_out_samples(context_.get(), frames), 1);
  if (!out->Reserve(destination_.layout.nb_channels, room)) return Status(StatusCode::kOutOfMemory, "out of memory");
  const int count =
      swr_convert(context_.get(), out->planes_.data(), room, const_cast<const uint8_t**>(planes), frames);
  if (count < 0) return Status::FromAv(StatusCode::kEncoding, "libswresample", count);
  out->count_ = count;
  return Status::Ok();
}

}  // namespace webcodecs
