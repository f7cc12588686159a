// Encoders of libavcodec.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "codec/device_frames.h"
#include "codec/encoder.h"
#include "codec/rate_corrector.h"
#include "codec/rate_pacer.h"
#include "util/log.h"

namespace webcodecs {

namespace {

constexpr int kMicrosecondsPerSecond = 1000000;

// In which x264 finds its quantizer: they tell nothing about those behind them.
constexpr int kFirstPackets = 30;

class AvcodecEncoder final : public VideoEncoderBackend {
 public:
  ~AvcodecEncoder() override;
  Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) override;
  bool ChangeRate(const VideoEncoderPlan& plan) override;
  Status Send(AVFrame* frame, const EncodeOptions& options) override;
  Received Receive(EncodedPacket* out, Status* status) override;
  Status BeginDrain() override;
  std::vector<uint8_t> parameter_sets() const override;

 private:
  VideoEncoderPlan plan_;
  AVCodecContextPtr context_;
  AVPacketPtr packet_;
  // Of encoders on a device.
  DeviceInput input_;
  // Where the encoder does not tell its parameter sets, those in front of its first key frame.
  std::vector<uint8_t> first_sets_;
  // In use where the plan counts frames and has a bitrate. What x264 makes in realtime is a few percent off after ten
  // seconds, and more where the frame rate has changed, which its rate control remembers frames from before.
  RatePacer pacer_;
  RateCorrector corrector_;
  double framerate_ = kDefaultFramerate;  // of the opening
  double frame_seconds_ = 0;
  int first_packets_ = 0;
  // Whether the open library had a frame, and whether its last packet came.
  bool began_ = false;
  bool ended_ = true;
};

AvcodecEncoder::~AvcodecEncoder() {
  if (ended_ || !plan_.drains_before_close) return;
  if (!began_) {
    AVFramePtr frame(av_frame_alloc());
    if (!frame) return;
    frame->format = context_->pix_fmt;
    frame->width = context_->width;
    frame->height = context_->height;
    frame->pts = 0;
    if (av_frame_get_buffer(frame.get(), 0) < 0 || avcodec_send_frame(context_.get(), frame.get()) < 0) return;
  }
  avcodec_send_frame(context_.get(), nullptr);
  while (avcodec_receive_packet(context_.get(), packet_.get()) >= 0) {
  }
}

std::vector<uint8_t> AvcodecEncoder::parameter_sets() const {
  if (context_->extradata_size == 0) return first_sets_;
  return {context_->extradata, context_->extradata + context_->extradata_size};
}

bool IsOfName(char c) { return c == '-' || c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Whether a line of FFmpeg's log says that a library does not take this option: the word behind one of these. The rest
// of the line is its value, which may look like another option's name.
bool IsRefusal(const std::string& line, const std::string& name) {
  static constexpr std::string_view kWords[] = {"rror parsing option", "nknown option", "nvalid value for",
                                                "rror setting option", "rror setting"};
  for (const std::string_view words : kWords) {
    const size_t found = line.find(words);
    if (found == std::string::npos) continue;
    const auto behind = line.begin() + static_cast<std::ptrdiff_t>(found + words.size());
    const auto begin = std::find_if(behind, line.end(), IsOfName);
    return std::string(begin, std::find_if_not(begin, line.end(), IsOfName)) == name;
  }
  return false;
}

Status AvcodecEncoder::Open(const VideoEncoderPlan& plan, const ColorSpace& color) {
  plan_ = plan;
  const VideoEncoderConfig& config = plan.config;
  const AVCodec* codec = avcodec_find_encoder_by_name(plan.encoder);
  if (!codec) return Status(StatusCode::kNotSupported, std::string(plan.encoder) + " is not in this build of FFmpeg");
  context_.reset(avcodec_alloc_context3(codec));
  packet_.reset(av_packet_alloc());
  if (!context_ || !packet_) return Status(StatusCode::kOutOfMemory, "out of memory");

  AVCodecContext* c = context_.get();
  c->width = config.width;
  c->height = config.height;
  c->pix_fmt = GetPixelFormatInfo(plan.input_format).av_format;
  if (plan.device.kind != DeviceKind::kNone) {
    Status status = input_.Open(plan, c);
    if (!status.ok()) return status;
  }
  c->time_base = {1, kMicrosecondsPerSecond};
  framerate_ = FramerateOf(config);
  c->framerate = av_d2q(framerate_, 1 << 20);
  pacer_.Begin(framerate_);
  corrector_.Begin(1);
  if (config.display_width > 0 && config.display_height > 0) {
    av_reduce(&c->sample_aspect_ratio.num, &c->sample_aspect_ratio.den,
              int64_t{config.display_width} * config.height, int64_t{config.display_height} * config.width, 65535);
  }
  c->thread_count = plan.thread_count;
  c->thread_type = plan.slice_threads ? FF_THREAD_SLICE : FF_THREAD_FRAME;
  c->gop_size = plan.gop_size;
  c->max_b_frames = plan.max_b_frames;
  c->refs = plan.reference_frames;
  c->bit_rate = plan.bitrate;
  c->rc_max_rate = plan.max_rate;
  c->rc_buffer_size = static_cast<int>(std::min<int64_t>(plan.buffer_size, INT32_MAX));
  c->color_primaries = static_cast<AVColorPrimaries>(color.primaries);
  c->color_trc = static_cast<AVColorTransferCharacteristic>(color.transfer);
  c->colorspace = static_cast<AVColorSpace>(color.matrix);
  c->color_range = color.full_range < 0    ? AVCOL_RANGE_UNSPECIFIED
                   : color.full_range == 1 ? AVCOL_RANGE_JPEG
                                           : AVCOL_RANGE_MPEG;
  if (plan.global_header) c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;

  AVDictionaryOwner options;
  for (const auto& [key, value] : plan.options) {
    if (!options.Set(key.c_str(), value.c_str())) return Status(StatusCode::kOutOfMemory, "out of memory");
  }
  const WarningCapture warnings;
  const int result = avcodec_open2(c, codec, options.address());
  // From here on there is something to drain.
  if (result >= 0) ended_ = false;
  // Libraries open without an option that they do not know, and only the log tells.
  for (const auto& [name, value] : config.encoder_options) {
    for (const std::string& line : warnings.lines()) {
      if (IsRefusal(line, name)) return RefusedOption(plan.encoder, name, value);
    }
  }
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, plan.encoder, result);
  if (const char* key = options.FirstKey()) {
    // An option that nobody took would be a promise not kept.
    return Status(StatusCode::kInternal, std::string(plan.encoder) + " has no option " + key);
  }
  return Status::Ok();
}

Status SetQuantizer(AVFrame* frame, int quantizer, int bit_depth) {
  AVFrameSideData* side_data =
      av_frame_new_side_data(frame, AV_FRAME_DATA_REGIONS_OF_INTEREST, sizeof(AVRegionOfInterest));
  if (!side_data) return Status(StatusCode::kOutOfMemory, "out of memory");
  auto* region = reinterpret_cast<AVRegionOfInterest*>(side_data->data);
  *region = {};
  region->self_size = sizeof(AVRegionOfInterest);
  region->right = frame->width;
  region->bottom = frame->height;
  // The unit is the range of the encoder's quantizer, which grows with the bit depth.
  region->qoffset = {quantizer - kRegionOfInterestBase, 51 + 6 * (bit_depth - 8)};
  return Status::Ok();
}

bool AvcodecEncoder::ChangeRate(const VideoEncoderPlan& plan) {
  // The next frame brings the bitrate with it. The frame rate is that of the opening: the pacer knows the real one.
  if (!plan_.counts_frames || plan_.bitrate == 0) return false;
  plan_ = plan;
  return true;
}

Status AvcodecEncoder::Send(AVFrame* frame, const EncodeOptions& options) {
  frame->pict_type = options.key_frame ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  frame->sample_aspect_ratio = context_->sample_aspect_ratio;
  if (plan_.quantizes_by_region) {
    Status status = SetQuantizer(frame, options.quantizer >= 0 ? options.quantizer : kDefaultQuantizer,
                                 plan_.config.bit_depth);
    if (!status.ok()) return status;
  }
  if (plan_.counts_frames && plan_.bitrate > 0) {
    const double pace = pacer_.Next(frame->pts);
    frame_seconds_ = pace / framerate_;
    const double factor = pace * corrector_.factor();
    const auto scaled = [factor](int64_t value) { return static_cast<int64_t>(static_cast<double>(value) * factor); };
    context_->bit_rate = scaled(plan_.bitrate);
    context_->rc_max_rate = std::max(scaled(plan_.max_rate), context_->bit_rate);
    context_->rc_buffer_size = static_cast<int>(std::min<int64_t>(scaled(plan_.buffer_size), INT32_MAX));
  }
  began_ = true;
  AVFramePtr converted;
  if (plan_.device.kind != DeviceKind::kNone) {
    converted.reset(av_frame_clone(frame));
    if (!converted) return Status(StatusCode::kOutOfMemory, "out of memory");
    Status status = input_.Convert(&converted);
    if (!status.ok()) return status;
    frame = converted.get();
  }
  const int result = avcodec_send_frame(context_.get(), frame);
  return result < 0 ? Status::FromAv(StatusCode::kEncoding, plan_.encoder, result) : Status::Ok();
}

VideoEncoderBackend::Received AvcodecEncoder::Receive(EncodedPacket* out, Status* status) {
  const int result = avcodec_receive_packet(context_.get(), packet_.get());
  if (result == AVERROR(EAGAIN)) return Received::kNeedsInput;
  if (result == AVERROR_EOF) {
    ended_ = true;
    return Received::kEnd;
  }
  if (result < 0) {
    *status = Status::FromAv(StatusCode::kEncoding, plan_.encoder, result);
    return Received::kError;
  }
  if (plan_.counts_frames && plan_.bitrate > 0 && ++first_packets_ > kFirstPackets) {
    first_packets_ = kFirstPackets;
    corrector_.Add(static_cast<double>(packet_->size) * 8 / static_cast<double>(plan_.bitrate), frame_seconds_);
  }
  *out = {packet_->data, packet_->size, packet_->pts, (packet_->flags & AV_PKT_FLAG_KEY) != 0};
  if (plan_.device.kind != DeviceKind::kNone && out->key && first_sets_.empty()) {
    first_sets_.assign(packet_->data, packet_->data + packet_->size);
  }
  return Received::kPacket;
}

Status AvcodecEncoder::BeginDrain() {
  const int result = avcodec_send_frame(context_.get(), nullptr);
  return result < 0 && result != AVERROR_EOF ? Status::FromAv(StatusCode::kEncoding, plan_.encoder, result)
                                             : Status::Ok();
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateAvcodecEncoder() { return std::make_unique<AvcodecEncoder>(); }

}  // namespace webcodecs
