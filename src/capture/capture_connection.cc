#include "capture/capture_connection.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "media/decoded_frame.h"
#include "util/cpu.h"
#include "util/ffmpeg_devices.h"

namespace webcodecs {

namespace {

constexpr AVRational kMicros{1, 1'000'000};
constexpr int kMaxThreads = 4;
// How near to its known end a source has ended rather than broken off.
constexpr int64_t kNearEnd = 1'000'000;

bool IsHttp(const std::string& scheme) { return scheme == "http" || scheme == "https"; }

}  // namespace

// TypeScript has made "file:" and an absolute path of what is neither a URL nor a device.
Status ParseCaptureAddress(const std::string& name, CaptureAddress* address) {
  const size_t colon = name.find(':');
  address->scheme = name.substr(0, colon == std::string::npos ? 0 : colon);
  std::transform(address->scheme.begin(), address->scheme.end(), address->scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  address->url = name;
  if (address->scheme == "file") {
    address->kind = CaptureAddress::Kind::kFile;
    return Status::Ok();
  }
  if (name.compare(colon == std::string::npos ? name.size() : colon, 3, "://") == 0) return Status::Ok();
  // A device, unless it is one of libavformat's protocols that are written without slashes.
  Status status = LoadDeviceLibrary();
  if (!status.ok()) {
    if (address->scheme == "lavfi") return Status(status.code(), "expected a source that can be read: " + status.message());
    return LoadFormatLibrary();
  }
  if (!IsInputDevice(address->scheme)) return Status::Ok();
  address->kind = address->scheme == "lavfi" ? CaptureAddress::Kind::kFilters : CaptureAddress::Kind::kDevice;
  address->format = address->scheme;
  address->url = name.substr(colon + 1);
  return Status::Ok();
}

CaptureConnection::CaptureConnection(CaptureSource* source, CaptureClock* clock, const CaptureAddress& address)
    : source_(source),
      clock_(clock),
      address_(address),
      config_(source->connection_config()),
      input_(std::make_shared<MediaInput>()),
      writer_(source) {}

CaptureConnection::~CaptureConnection() { source_->SetInput(nullptr); }

Status CaptureConnection::Open() {
  MediaInputOptions options;
  options.url = address_.url;
  options.format = config_.format.empty() ? address_.format : config_.format;
  options.timeout_us = config_.timeout;
  options.dictionary = config_.options;
  // What is lost on the way cannot be made up for by any player: over TCP nothing is, unless the user knows better.
  const auto is_transport = [](const auto& option) { return option.first == "rtsp_transport"; };
  if ((address_.scheme == "rtsp" || address_.scheme == "rtsps") &&
      std::none_of(options.dictionary.begin(), options.dictionary.end(), is_transport)) {
    options.dictionary.emplace_back("rtsp_transport", "tcp");
  }
  // From here on Stop() interrupts it.
  source_->SetInput(input_);
  Status status = input_->Open(options);
  if (!status.ok()) return status;
  paced_ = config_.pace == CapturePace::kRealtime || (config_.pace == CapturePace::kAuto && IsFinite());
  clock_->BeginConnection(config_.pace != CapturePace::kFast);
  return ChooseStreams();
}

bool CaptureConnection::IsFinite() const {
  switch (address_.kind) {
    case CaptureAddress::Kind::kFile:
    case CaptureAddress::Kind::kFilters:
      return true;
    case CaptureAddress::Kind::kDevice:
      return false;
    default:
      break;
  }
  const AVFormatContext* context = input_->context();
  if (IsHttp(address_.scheme) && context->pb) return Formats().avio_size(context->pb) > 0;
  return context->duration > 0;
}

bool CaptureConnection::ReachedEnd() const {
  if (!IsFinite()) return false;
  if (address_.kind != CaptureAddress::Kind::kNetwork || IsHttp(address_.scheme)) return true;
  const AVFormatContext* context = input_->context();
  const int64_t start = context->start_time == AV_NOPTS_VALUE ? 0 : context->start_time;
  return last_input_time_ >= start + context->duration - kNearEnd;
}

Status CaptureConnection::ChooseStreams() {
  const AVFormatContext* context = input_->context();
  for (unsigned i = 0; i < context->nb_streams; i++) {
    const AVStream* stream = context->streams[i];
    Decoder* decoder = stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO   ? &audio_
                       : stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO ? &video_
                                                                            : nullptr;
    const bool is_cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    if (!decoder || decoder->stream >= 0 || is_cover) continue;
    decoder->stream = static_cast<int>(i);
    decoder->time_base = stream->time_base;
  }
  if (audio_.stream < 0 && video_.stream < 0)
    return Status(StatusCode::kNotSupported, "expected a source with sound or pictures but it has neither");
  return Status::Ok();
}

Status CaptureConnection::OpenDecoder(Decoder* decoder) {
  const AVCodecParameters* parameters = input_->context()->streams[decoder->stream]->codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters->codec_id);
  if (!codec) {
    return Status(StatusCode::kNotSupported, std::string("no decoder for ") + avcodec_get_name(parameters->codec_id));
  }
  AVCodecContextPtr context(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), parameters) < 0)
    return Status(StatusCode::kOutOfMemory, "out of memory");
  context->pkt_timebase = decoder->time_base;
  // The coded size and the visible rectangle are told apart, so cropping is the VideoFrame's business.
  context->apply_cropping = 0;
  // A frame thread would hold its frame back until the next packets come.
  context->thread_type = FF_THREAD_SLICE;
  context->thread_count = std::min(AvailableProcessors(), kMaxThreads);
  const int result = avcodec_open2(context.get(), codec, nullptr);
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, codec->name, result);
  decoder->context = std::move(context);
  return Status::Ok();
}

Status CaptureConnection::Run() {
  source_->CountConnection();
  Status status = Open();
  AVPacketPtr packet(av_packet_alloc());
  frame_.reset(av_frame_alloc());
  if (status.ok() && (!packet || !frame_)) status = Status(StatusCode::kOutOfMemory, "out of memory");
  bool end = false;
  while (status.ok() && !source_->stopped()) {
    status = input_->ReadPacket(packet.get(), &end);
    if (!status.ok() || end) break;
    const CaptureShape shape = source_->shape();
    if (packet->stream_index == audio_.stream && shape.audio) status = Decode(&audio_, packet.get());
    if (packet->stream_index == video_.stream && shape.video) status = Decode(&video_, packet.get());
    av_packet_unref(packet.get());
  }
  if (end && status.ok()) {
    // What the decoders hold back.
    if (video_.context) status = Decode(&video_, nullptr);
    if (audio_.context && status.ok()) status = Decode(&audio_, nullptr);
  }
  writer_.Interrupt();
  is_at_end_ = end && ReachedEnd();
  if (end && !is_at_end_ && status.ok()) return Status(StatusCode::kNetwork, "the source broke off");
  return status;
}

Status CaptureConnection::Decode(Decoder* decoder, const AVPacket* packet) {
  if (!decoder->context) {
    Status status = OpenDecoder(decoder);
    if (!status.ok()) return status;
  }
  // An empty packet would be the end to the decoder.
  if (packet && packet->size == 0) return Status::Ok();
  for (;;) {
    const int sent = avcodec_send_packet(decoder->context.get(), packet);
    // What came damaged is left out, and what follows may be whole again.
    if (sent < 0 && sent != AVERROR(EAGAIN) && sent != AVERROR_EOF) source_->CountDecodeError();
    if (sent == AVERROR(ENOMEM)) return Status(StatusCode::kOutOfMemory, "out of memory");
    for (;;) {
      const int result = avcodec_receive_frame(decoder->context.get(), frame_.get());
      if (result == AVERROR(ENOMEM)) return Status(StatusCode::kOutOfMemory, "out of memory");
      if (result < 0 && result != AVERROR(EAGAIN) && result != AVERROR_EOF) source_->CountDecodeError();
      if (result < 0) break;
      Status status = TakeFrame(decoder);
      av_frame_unref(frame_.get());
      if (!status.ok()) return status;
      if (source_->stopped()) return Status::Ok();
    }
    if (sent != AVERROR(EAGAIN)) return Status::Ok();
  }
}

Status CaptureConnection::TakeFrame(Decoder* decoder) {
  const bool is_audio = decoder == &audio_;
  const int64_t rate = frame_->sample_rate;
  if (is_audio && (rate <= 0 || frame_->nb_samples <= 0)) return Status::Ok();
  const int64_t duration = is_audio ? av_rescale(frame_->nb_samples, 1'000'000, rate)
                                    : av_rescale_q(compat::FrameDuration(*frame_), decoder->time_base, kMicros);
  int64_t timestamp;
  if (frame_->best_effort_timestamp != AV_NOPTS_VALUE) {
    last_input_time_ = av_rescale_q(frame_->best_effort_timestamp, decoder->time_base, kMicros);
    timestamp = clock_->Map(last_input_time_);
    last_input_time_ += duration;
  } else {
    // It follows what was before it.
    timestamp = is_audio ? writer_.end().value_or(clock_->end()) : clock_->end();
  }
  if (!Pace(timestamp)) return Status::Ok();
  Status status = is_audio ? TakeAudio(timestamp) : TakePicture(timestamp, duration);
  if (!status.ok()) return status;
  clock_->Extend(timestamp + duration);
  if (!std::exchange(was_live_, true)) source_->SetState(CaptureState::kLive);
  return Status::Ok();
}

bool CaptureConnection::Pace(int64_t timestamp) {
  if (!paced_) return !source_->stopped();
  return source_->Sleep(std::max<int64_t>(clock_->Until(timestamp), 0));
}

Status CaptureConnection::TakeAudio(int64_t timestamp) { return writer_.Write(*frame_, timestamp); }

Status CaptureConnection::TakePicture(int64_t timestamp, int64_t duration) {
  CapturedPicture picture;
  picture.visible = VisibleRectOf(*frame_);
  picture.color = ColorSpaceOf(*frame_);
  picture.sar_numerator = frame_->sample_aspect_ratio.num;
  picture.sar_denominator = frame_->sample_aspect_ratio.den;
  // No two pictures have one time, and none goes back.
  picture.timestamp = last_picture_ = std::max(timestamp, last_picture_ + 1);
  if (duration > 0) picture.duration = duration;
  AVFramePtr frame(av_frame_alloc());
  if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
  av_frame_move_ref(frame.get(), frame_.get());
  picture.picture = Picture::FromAVFrame(std::move(frame));
  source_->WritePicture(std::move(picture));
  return Status::Ok();
}

}  // namespace webcodecs
