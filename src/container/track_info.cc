#include "container/track_info.h"

#include <cctype>

#include "container/time_unit.h"
#include "util/ffmpeg_formats.h"

namespace webcodecs {
namespace {

Tags ReadTags(const AVDictionary* dictionary) {
  Tags tags;
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX))) tags.emplace_back(entry->key, entry->value);
  return tags;
}

std::optional<int64_t> Microseconds(int64_t time, AVRational time_base) {
  if (time == AV_NOPTS_VALUE) return std::nullopt;
  return av_rescale_q(time, time_base, kMicroseconds);
}

// Empty for what is no four characters, such as the numbers of WAVE.
std::string TagText(uint32_t tag) {
  std::string text;
  for (int i = 0; i < 4; ++i, tag >>= 8) {
    const int character = static_cast<int>(tag & 0xff);
    if (!std::isprint(character)) return {};
    text.push_back(static_cast<char>(character));
  }
  return text;
}

int FullRange(AVColorRange range) { return range == AVCOL_RANGE_UNSPECIFIED ? -1 : range == AVCOL_RANGE_JPEG ? 1 : 0; }

const int32_t* DisplayMatrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_INT < AV_VERSION_INT(60, 15, 100)
  size_t size = 0;
  const uint8_t* data = Formats().av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#else
  const AVPacketSideData* side_data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  const uint8_t* data = side_data ? side_data->data : nullptr;
  const size_t size = side_data ? side_data->size : 0;
#endif
  return size >= 9 * sizeof(int32_t) ? reinterpret_cast<const int32_t*>(data) : nullptr;
}

void DescribeVideo(AVFormatContext* context, AVStream* stream, TrackInfo* info) {
  const AVCodecParameters& parameters = *stream->codecpar;
  info->width = parameters.width;
  info->height = parameters.height;
  const AVRational sar = Formats().av_guess_sample_aspect_ratio(context, stream, nullptr);
  info->sar_numerator = sar.num;
  info->sar_denominator = sar.den;
  const AVRational rate = Formats().av_guess_frame_rate(context, stream, nullptr);
  if (rate.num > 0 && rate.den > 0) info->framerate = av_q2d(rate);
  info->color = {parameters.color_primaries, parameters.color_trc, parameters.color_space,
                 FullRange(parameters.color_range)};
  if (const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(parameters.format))) {
    info->bit_depth = format->comp[0].depth;
    info->chroma_width_shift = format->log2_chroma_w;
    info->chroma_height_shift = format->log2_chroma_h;
    info->components = format->nb_components;
  }
  if (const int32_t* matrix = DisplayMatrix(*stream)) {
    info->has_matrix = true;
    constexpr int kPlaces[] = {0, 1, 3, 4};
    for (int i = 0; i < 4; ++i) info->matrix[i] = matrix[kPlaces[i]];
  }
}

TrackInfo DescribeTrack(AVFormatContext* context, AVStream* stream) {
  const AVCodecParameters& parameters = *stream->codecpar;
  TrackInfo info;
  info.id = stream->index;
  info.container_id = stream->id;
  info.type = parameters.codec_type;
  info.codec = avcodec_get_name(parameters.codec_id);
  info.tag = TagText(parameters.codec_tag);
  info.extradata.assign(parameters.extradata, parameters.extradata + parameters.extradata_size);
  info.profile = parameters.profile;
  info.level = parameters.level;
  info.bitrate = parameters.bit_rate;
  info.start = Microseconds(stream->start_time, stream->time_base);
  if (stream->duration > 0) info.duration = Microseconds(stream->duration, stream->time_base);
  info.time_base_numerator = stream->time_base.num;
  info.time_base_denominator = stream->time_base.den;
  info.disposition = stream->disposition;
  info.tags = ReadTags(stream->metadata);
  if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) DescribeVideo(context, stream, &info);
  if (parameters.codec_type == AVMEDIA_TYPE_AUDIO) {
    info.sample_rate = parameters.sample_rate;
    info.channels = parameters.ch_layout.nb_channels;
  }
  return info;
}

}  // namespace

InputOpenedEvent DescribeInput(const MediaInput& input) {
  AVFormatContext* context = input.context();
  InputOpenedEvent event;
  event.format = context->iformat->name;
  event.long_name = context->iformat->long_name ? context->iformat->long_name : "";
  event.start = Microseconds(context->start_time, kMicroseconds);
  if (context->duration > 0) event.duration = Microseconds(context->duration, kMicroseconds);
  event.bitrate = context->bit_rate;
  event.seekable = input.IsSeekable();
  event.tags = ReadTags(context->metadata);
  for (unsigned i = 0; i < context->nb_streams; ++i) event.tracks.push_back(DescribeTrack(context, context->streams[i]));
  return event;
}

}  // namespace webcodecs
