#include "container/media_output.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "bitstream/h264.h"
#include "container/time_unit.h"

namespace webcodecs {
namespace {

constexpr int kWriteBufferSize = 64 << 10;
// Timestamps of video that has a frame rate: a multiple of it that is at least so fine.
constexpr int kFineRate = 90000;
// Samples that decoders of Opus need to converge (RFC 7845, section 4.6).
constexpr int kOpusSeekPreroll = 3840;

Status OutOfMemory() { return Status(StatusCode::kOutOfMemory, "out of memory"); }

bool CopyTags(const Tags& tags, AVDictionary** out) {
  for (const auto& [key, value] : tags) {
    if (av_dict_set(out, key.c_str(), value.c_str(), 0) < 0) return false;
  }
  return true;
}

// The rotation, clockwise, and then the flip, as a display matrix.
void FillMatrix(int rotation, bool flip, int32_t matrix[9]) {
  constexpr int32_t kOne = 1 << 16;
  constexpr int kCos[] = {1, 0, -1, 0}, kSin[] = {0, 1, 0, -1};
  const int turn = rotation / 90 & 3;
  const int side = flip ? -1 : 1;
  const int32_t values[9] = {side * kCos[turn] * kOne, kSin[turn] * kOne, 0, -side * kSin[turn] * kOne, kCos[turn] * kOne,
                             0, 0, 0, 1 << 30};
  std::copy(values, values + 9, matrix);
}

uint8_t* AddMatrix(AVStream* stream, size_t size) {
#if LIBAVFORMAT_VERSION_INT < AV_VERSION_INT(60, 15, 100)
  auto* data = static_cast<uint8_t*>(av_mallocz(size));
  if (data && Formats().av_stream_add_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, data, size) < 0) av_freep(&data);
  return data;
#else
  AVPacketSideData* side_data =
      av_packet_side_data_new(&stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX, size, 0);
  return side_data ? side_data->data : nullptr;
#endif
}

// How many pictures are decoded before one that is shown before them.
int ReorderDelay(const AVCodecParameters& parameters) {
  const size_t size = static_cast<size_t>(parameters.extradata_size);
  if (size == 0) return 0;
  if (parameters.codec_id == AV_CODEC_ID_H264) return h264::MaxReorderFrames(parameters.extradata, size).value_or(0);
  if (parameters.codec_id != AV_CODEC_ID_HEVC) return 0;
  // FFmpeg's decoder reads it from the parameter sets when it is opened.
  const AVCodec* decoder = avcodec_find_decoder(AV_CODEC_ID_HEVC);
  AVCodecContextPtr context(decoder ? avcodec_alloc_context3(decoder) : nullptr);
  if (!context || avcodec_parameters_to_context(context.get(), &parameters) < 0) return 0;
  context->thread_count = 1;
  return avcodec_open2(context.get(), decoder, nullptr) < 0 ? 0 : std::max(context->has_b_frames, 0);
}

// The filter that a format needs in front of it for NAL units with lengths; null for none. Other muxers convert by themselves.
const char* FilterFor(const AVOutputFormat& format, const AVCodecParameters& parameters) {
  constexpr const char* kFormats[] = {"avi", "mpeg", "vcd", "svcd", "vob", "dvd"};
  const bool is_one = std::any_of(std::begin(kFormats), std::end(kFormats),
                                  [&format](const char* name) { return std::strcmp(format.name, name) == 0; });
  // Records begin with their version, start codes with zeros.
  if (!is_one || parameters.extradata_size < 1 || parameters.extradata[0] != 1) return nullptr;
  if (parameters.codec_id == AV_CODEC_ID_H264) return "h264_mp4toannexb";
  return parameters.codec_id == AV_CODEC_ID_HEVC ? "hevc_mp4toannexb" : nullptr;
}

Status MakeFilter(const char* name, AVStream* stream, AVBSFContextPtr* out) {
  const AVBitStreamFilter* filter = av_bsf_get_by_name(name);
  if (!filter) return Status(StatusCode::kNotSupported, std::string("this FFmpeg has no ") + name);
  AVBSFContext* context = nullptr;
  int result = av_bsf_alloc(filter, &context);
  out->reset(context);
  if (result >= 0) result = avcodec_parameters_copy(context->par_in, stream->codecpar);
  if (result >= 0) result = av_bsf_init(context);
  if (result >= 0) result = avcodec_parameters_copy(stream->codecpar, context->par_out);
  return result < 0 ? Status::FromAv(StatusCode::kDataError, name, result) : Status::Ok();
}

AVRational TimeUnit(const OutputTrack& track) {
  if (!track.is_video) return {1, std::max(track.sample_rate, 1)};
  if (track.rate_numerator <= 0) return kMicroseconds;
  const int factor = (kFineRate + track.rate_numerator - 1) / track.rate_numerator;
  // Frames of a constant rate lie on its grid exactly, others within six microseconds.
  return {1, track.rate_numerator * factor};
}

Status FillParameters(const OutputTrack& track, AVStream* stream) {
  AVCodecParameters& parameters = *stream->codecpar;
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get_by_name(track.codec.c_str());
  if (!descriptor) return Status(StatusCode::kNotSupported, "no codec has the name " + track.codec);
  parameters.codec_type = descriptor->type;
  parameters.codec_id = descriptor->id;
  parameters.codec_tag = track.codec_tag;
  parameters.bit_rate = track.bitrate;
  if (!track.extradata.empty()) {
    parameters.extradata = static_cast<uint8_t*>(av_mallocz(track.extradata.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    if (!parameters.extradata) return OutOfMemory();
    std::memcpy(parameters.extradata, track.extradata.data(), track.extradata.size());
    parameters.extradata_size = static_cast<int>(track.extradata.size());
  }
  if (track.is_video) {
    parameters.width = track.width;
    parameters.height = track.height;
    parameters.format = av_get_pix_fmt(track.pixel_format.c_str());
    parameters.sample_aspect_ratio = {track.sar_numerator, std::max(track.sar_denominator, 1)};
    parameters.color_primaries = static_cast<AVColorPrimaries>(track.color.primaries);
    parameters.color_trc = static_cast<AVColorTransferCharacteristic>(track.color.transfer);
    parameters.color_space = static_cast<AVColorSpace>(track.color.matrix);
    parameters.color_range = track.color.full_range < 0   ? AVCOL_RANGE_UNSPECIFIED
                             : track.color.full_range > 0 ? AVCOL_RANGE_JPEG
                                                          : AVCOL_RANGE_MPEG;
    parameters.video_delay = ReorderDelay(parameters);
    stream->sample_aspect_ratio = parameters.sample_aspect_ratio;
    if (track.rate_numerator > 0) {
      stream->avg_frame_rate = stream->r_frame_rate = {track.rate_numerator, std::max(track.rate_denominator, 1)};
    }
    return Status::Ok();
  }
  parameters.sample_rate = track.sample_rate;
  av_channel_layout_default(&parameters.ch_layout, track.channels);
  parameters.bits_per_coded_sample = track.bits_per_sample;
  parameters.block_align = track.bits_per_sample / 8 * track.channels;
  // AVI's clock of samples is made of it.
  if (parameters.block_align > 0 && parameters.bit_rate == 0) {
    parameters.bit_rate = int64_t{parameters.block_align} * 8 * track.sample_rate;
  }
  // What an encoder would have told; muxers count on it.
  constexpr std::pair<AVCodecID, int> kFrameSizes[] = {{AV_CODEC_ID_AAC, 1024}, {AV_CODEC_ID_MP3, 1152},
                                                       {AV_CODEC_ID_OPUS, 960}, {AV_CODEC_ID_AC3, 1536},
                                                       {AV_CODEC_ID_EAC3, 1536}};
  for (const auto& [id, size] : kFrameSizes) {
    if (parameters.codec_id == id) parameters.frame_size = size;
  }
  if (parameters.codec_id == AV_CODEC_ID_OPUS) {
    if (track.extradata.size() >= 12) parameters.initial_padding = track.extradata[10] | track.extradata[11] << 8;
    parameters.seek_preroll = kOpusSeekPreroll;
  }
  return Status::Ok();
}

}  // namespace

MediaOutput::~MediaOutput() { interrupted_ = true; }

Status MediaOutput::Open(const MediaOutputOptions& options) {
  Status status = LoadFormatLibrary();
  if (!status.ok()) return status;
  name_ = options.url.empty() ? "the output" : WithoutCredentials(options.url);
  for (const auto& [key, value] : options.dictionary) {
    if (!options_.Set(key.c_str(), value.c_str())) return OutOfMemory();
  }
  AVFormatContext* context = nullptr;
  const char* format = options.format.empty() ? nullptr : options.format.c_str();
  const int result = Formats().avformat_alloc_output_context2(&context, nullptr, format, options.url.c_str());
  if (result < 0) {
    // Its errors do not tell apart that there is no such format.
    if (result == AVERROR(ENOMEM)) return OutOfMemory();
    return Status(StatusCode::kNotSupported, options.format.empty() ? "no format has the extension of " + name_
                                                                    : "no muxer has the name " + options.format);
  }
  context_.reset(context);
  context->interrupt_callback = {OnInterruptCheck, this};
  return CopyTags(options.tags, &context->metadata) ? Status::Ok() : OutOfMemory();
}

Status MediaOutput::AddTrack(const OutputTrack& track) {
  AVStream* stream = Formats().avformat_new_stream(context_.get(), nullptr);
  if (!stream) return OutOfMemory();
  Status status = FillParameters(track, stream);
  if (!status.ok()) return status;
  stream->time_base = TimeUnit(track);
  if (track.is_video && std::strcmp(context_->oformat->name, "avi") == 0) {
    // It has no timestamps but the number of the frame.
    if (track.rate_numerator <= 0) return Status(StatusCode::kNotSupported, "AVI has no timestamps: it needs a frame rate");
    stream->time_base = {std::max(track.rate_denominator, 1), track.rate_numerator};
  }
  stream->disposition = track.disposition;
  if (!CopyTags(track.tags, &stream->metadata)) return OutOfMemory();
  if (track.rotation != 0 || track.flip) {
    uint8_t* matrix = AddMatrix(stream, 9 * sizeof(int32_t));
    if (!matrix) return OutOfMemory();
    FillMatrix(track.rotation, track.flip, reinterpret_cast<int32_t*>(matrix));
  }
  AVBSFContextPtr filter;
  if (const char* name = FilterFor(*context_->oformat, *stream->codecpar)) {
    status = MakeFilter(name, stream, &filter);
    if (!status.ok()) return status;
  }
  Track added{stream, nullptr, std::move(filter), stream->time_base, 0, INT64_MIN, std::nullopt, stream->codecpar->initial_padding};
  if (track.is_video) {
    const AVRational rate = stream->avg_frame_rate;
    // A thirtieth of a second is as good as any where nobody tells.
    added.last_duration = av_rescale_q(1, rate.num > 0 ? av_inv_q(rate) : AVRational{1, 30}, added.unit);
    added.order = std::make_unique<DecodeOrder>(stream->codecpar->video_delay, added.last_duration);
  } else {
    added.last_duration = stream->codecpar->frame_size;
  }
  tracks_.push_back(std::move(added));
  return Status::Ok();
}

Status MediaOutput::OpenIo() {
  AVFormatContext* context = context_.get();
  if (context->oformat->flags & AVFMT_NOFILE) return Status::Ok();
  if (!sink_) {
    AVIOContext* io = nullptr;
    const int result = Formats().avio_open2(&io, context->url, AVIO_FLAG_WRITE, &context->interrupt_callback,
                                            options_.address());
    if (result < 0) return Failure("cannot write " + name_, result);
    file_io_.reset(io);
    context->pb = io;
    return Status::Ok();
  }
  auto* buffer = static_cast<unsigned char*>(av_malloc(kWriteBufferSize));
  if (!buffer) return OutOfMemory();
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const auto write = OnWriteConst;
#else
  const auto write = OnWrite;
#endif
  io_.reset(Formats().avio_alloc_context(buffer, kWriteBufferSize, 1, this, nullptr, write,
                                         sink_->IsSeekable() ? OnSeek : nullptr));
  if (!io_) {
    av_free(buffer);
    return OutOfMemory();
  }
  if (!sink_->IsSeekable()) io_->seekable = 0;
  context->pb = io_.get();
  context->flags |= AVFMT_FLAG_CUSTOM_IO;
  return Status::Ok();
}

Status MediaOutput::WriteHeader() {
  header_written_ = true;
  Status status = OpenIo();
  if (!status.ok()) return status;
  const int result = Formats().avformat_write_header(context_.get(), options_.address());
  if (result < 0) {
    return Status::FromAv(interrupted_                                             ? StatusCode::kAborted
                          : result == AVERROR_INVALIDDATA || result == AVERROR(EINVAL) ? StatusCode::kNotSupported
                                                                                   : StatusCodeOfIo(result),
                          (std::string("cannot begin ") + context_->oformat->name).c_str(), result);
  }
  if (const char* unknown = options_.FirstKey()) {
    return Status(StatusCode::kNotSupported,
                  std::string("the format ") + context_->oformat->name + " has no option " + unknown);
  }
  return Status::Ok();
}

Status MediaOutput::Write(OutputPacket output) {
  if (!header_written_) {
    Status status = WriteHeader();
    if (!status.ok()) return status;
  }
  Track& track = tracks_[static_cast<size_t>(output.track)];
  if (!track.shift) {
    // Chunks of an encoder begin at zero; those of a demuxer have the pre-skip before zero already.
    const int64_t pre_skip = track.pre_skip > 0 ? av_rescale(track.pre_skip, 1000000, 48000) : 0;
    track.shift = std::max<int64_t>(pre_skip + std::min<int64_t>(output.timestamp, 0), 0);
  }
  begin_ = std::min(begin_, output.timestamp);
  AVPacketPtr packet = std::move(output.packet);
  packet->stream_index = output.track;
  packet->pts = av_rescale_q(output.timestamp - *track.shift, kMicroseconds, track.unit);
  if (output.duration) track.last_duration = av_rescale_q(*output.duration, kMicroseconds, track.unit);
  packet->duration = track.last_duration;
  end_ = std::max(end_, output.timestamp + av_rescale_q(packet->duration, track.unit, kMicroseconds));
  if (track.order) {
    Status status = track.order->Push(std::move(packet), &ready_);
    if (!status.ok()) return status;
  } else {
    // Rounded, two timestamps of the same packet length may meet.
    packet->dts = packet->pts = std::max(packet->pts, track.last_dts == INT64_MIN ? packet->pts : track.last_dts + 1);
    track.last_dts = packet->dts;
    ready_.push_back(std::move(packet));
  }
  return WriteReady(output.track);
}

Status MediaOutput::WriteReady(int index) {
  const Track& track = tracks_[static_cast<size_t>(index)];
  while (!ready_.empty()) {
    AVPacketPtr packet = std::move(ready_.front());
    ready_.pop_front();
    if (track.filter) {
      // One packet in, one packet out.
      int filtered = av_bsf_send_packet(track.filter.get(), packet.get());
      if (filtered >= 0) filtered = av_bsf_receive_packet(track.filter.get(), packet.get());
      if (filtered < 0) return Failure("cannot convert a chunk", filtered);
    }
    av_packet_rescale_ts(packet.get(), track.unit, track.stream->time_base);
    const int result = Formats().av_interleaved_write_frame(context_.get(), packet.get());
    if (result < 0) return Failure("cannot write " + name_, result);
  }
  return Status::Ok();
}

Status MediaOutput::Finish() {
  if (!header_written_) {
    Status status = WriteHeader();
    if (!status.ok()) return status;
  }
  for (size_t i = 0; i < tracks_.size(); ++i) {
    if (!tracks_[i].order) continue;
    Status status = tracks_[i].order->Flush(&ready_);
    if (status.ok()) status = WriteReady(static_cast<int>(i));
    if (!status.ok()) return status;
  }
  int result = Formats().av_write_trailer(context_.get());
  if (result >= 0 && context_->pb) {
    Formats().avio_flush(context_->pb);
    result = context_->pb->error;
  }
  if (result < 0) return Failure("cannot finish " + name_, result);
  if (file_io_) {
    context_->pb = nullptr;
    AVIOContext* io = file_io_.release();
    result = Formats().avio_closep(&io);
    if (result < 0) return Failure("cannot finish " + name_, result);
  }
  return Status::Ok();
}

void MediaOutput::Interrupt() {
  interrupted_ = true;
  if (sink_) sink_->Interrupt();
}

Status MediaOutput::Failure(const std::string& what, int error) const {
  if (interrupted_) return Status(StatusCode::kAborted, what + ": it was aborted");
  return Status::FromAv(StatusCodeOfIo(error), what.c_str(), error);
}

int MediaOutput::OnInterruptCheck(void* self) { return static_cast<MediaOutput*>(self)->interrupted_ ? 1 : 0; }

int MediaOutput::OnWrite(void* self, uint8_t* data, int size) {
  auto* output = static_cast<MediaOutput*>(self);
  if (output->interrupted_) return AVERROR_EXIT;
  const int result = output->sink_->Write(data, size, output->position_);
  if (result > 0) output->position_ += result;
  output->size_ = std::max(output->size_, output->position_);
  return result;
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
int MediaOutput::OnWriteConst(void* self, const uint8_t* data, int size) {
  return OnWrite(self, const_cast<uint8_t*>(data), size);
}
#endif

int64_t MediaOutput::OnSeek(void* self, int64_t offset, int whence) {
  auto* output = static_cast<MediaOutput*>(self);
  if (whence & AVSEEK_SIZE) return output->size_;
  if ((whence & ~AVSEEK_FORCE) != SEEK_SET || offset < 0) return AVERROR(EINVAL);
  output->position_ = offset;
  return offset;
}

}  // namespace webcodecs
