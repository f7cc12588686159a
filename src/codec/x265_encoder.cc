// HEVC through libx265 itself, for the quantizer of each frame: the library's rate control counts frames instead of
// reading timestamps, and what x265_encoder_reconfig says of the bitrate does not reach it (in 3.5).
#if WITH_X265

#include <x265.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "codec/encoder.h"
#include "codec/quantizer_control.h"

namespace webcodecs {

namespace {

constexpr int kUnitTypeMask = 0x3f;
constexpr int kUnitVps = 32, kUnitPps = 34;
constexpr int kMaxQuantizer = 51;

struct ParamDeleter {
  const x265_api* api = nullptr;
  void operator()(x265_param* param) const { api->param_free(param); }
};

struct PictureDeleter {
  const x265_api* api = nullptr;
  void operator()(x265_picture* picture) const { api->picture_free(picture); }
};

struct EncoderDeleter {
  const x265_api* api = nullptr;
  void operator()(x265_encoder* encoder) const { api->encoder_close(encoder); }
};

class X265Encoder final : public VideoEncoderBackend {
 public:
  Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) override;
  bool ChangeRate(const VideoEncoderPlan& plan) override;
  Status Send(AVFrame* frame, const EncodeOptions& options) override;
  Received Receive(EncodedPacket* out, Status* status) override;
  Status BeginDrain() override;
  std::vector<uint8_t> parameter_sets() const override { return parameter_sets_; }

 private:
  Status SetOptions();
  void SetStream(const ColorSpace& color);
  void SetRate();
  int NextQuantizer(int64_t pts, const EncodeOptions& options);
  Status ReadParameterSets();
  // `picture` null: takes what is pending.
  Status Encode(x265_picture* picture);

  VideoEncoderPlan plan_;
  const x265_api* api_ = nullptr;
  std::unique_ptr<x265_param, ParamDeleter> param_;
  std::unique_ptr<x265_picture, PictureDeleter> input_, output_;
  std::unique_ptr<x265_encoder, EncoderDeleter> encoder_;
  std::vector<uint8_t> parameter_sets_;
  std::string pools_;
  // In use where the plan has a bitrate and no delay.
  bool controls_quantizer_ = false;
  QuantizerControl control_;
  bool first_ = true;

  std::vector<uint8_t> packet_;
  EncodedPacket pending_ = {};
  bool has_packet_ = false;
  bool draining_ = false;
};

int ChromaFormat(int chroma) {
  return chroma == 444 ? X265_CSP_I444 : chroma == 422 ? X265_CSP_I422 : X265_CSP_I420;
}

Status X265Encoder::SetOptions() {
  std::string preset, tune, profile;
  for (const auto& [name, value] : plan_.options) {
    if (name == "preset") preset = value;
    if (name == "tune") tune = value;
    if (name == "profile") profile = value;
  }
  if (api_->param_default_preset(param_.get(), preset.c_str(), tune.empty() ? nullptr : tune.c_str()) != 0) {
    return Status(StatusCode::kNotSupported, "libx265 has no preset " + preset + " or tune " + tune);
  }
  for (const auto& [name, value] : plan_.options) {
    if (name == "preset" || name == "tune" || name == "profile") continue;
    if (name == "pools") {
      // Parsed, it would be a copy that x265_param_free() forgets.
      pools_ = value;
      param_->numaPools = pools_.c_str();
      continue;
    }
    if (api_->param_parse(param_.get(), name.c_str(), value.c_str()) != 0) {
      return RefusedOption("libx265", name, value);
    }
  }
  if (api_->param_apply_profile(param_.get(), profile.c_str()) != 0) {
    return Status(StatusCode::kNotSupported, "libx265 has no profile " + profile);
  }
  return Status::Ok();
}

void X265Encoder::SetStream(const ColorSpace& color) {
  const VideoEncoderConfig& config = plan_.config;
  const AVRational framerate = av_d2q(FramerateOf(config), 1 << 20);
  x265_param* p = param_.get();
  p->sourceWidth = config.width;
  p->sourceHeight = config.height;
  p->internalCsp = ChromaFormat(config.chroma);
  p->fpsNum = static_cast<uint32_t>(framerate.num);
  p->fpsDenom = static_cast<uint32_t>(framerate.den);
  p->bRepeatHeaders = !plan_.global_header;

  auto& vui = p->vui;
  vui.bEnableVideoSignalTypePresentFlag = 1;
  vui.bEnableVideoFullRangeFlag = color.full_range == 1;
  vui.bEnableColorDescriptionPresentFlag = 1;
  vui.colorPrimaries = color.primaries;
  vui.transferCharacteristics = color.transfer;
  vui.matrixCoeffs = color.matrix;
  if (config.display_width > 0 && config.display_height > 0) {
    av_reduce(&vui.sarWidth, &vui.sarHeight, int64_t{config.display_width} * config.height,
              int64_t{config.display_height} * config.width, 65535);
    vui.aspectRatioIdc = X265_EXTENDED_SAR;
  }
}

void X265Encoder::SetRate() {
  const auto kilobits = [](int64_t bits) { return static_cast<int>(std::clamp<int64_t>(bits / 1000, 1, 2000000)); };
  auto& rate = param_->rc;
  if (plan_.bitrate > 0) {
    rate.rateControlMode = X265_RC_ABR;
    rate.bitrate = kilobits(plan_.bitrate);
  }
  if (plan_.max_rate > 0) {
    rate.vbvMaxBitrate = kilobits(plan_.max_rate);
    rate.vbvBufferSize = kilobits(plan_.buffer_size);
  }
}

Status X265Encoder::Open(const VideoEncoderPlan& plan, const ColorSpace& color) {
  plan_ = plan;
  api_ = x265_api_get(plan.config.bit_depth);
  if (!api_) {
    return Status(StatusCode::kNotSupported,
                  "this libx265 is built without " + std::to_string(plan.config.bit_depth) + " bits");
  }
  param_ = {api_->param_alloc(), {api_}};
  input_ = {api_->picture_alloc(), {api_}};
  output_ = {api_->picture_alloc(), {api_}};
  if (!param_ || !input_ || !output_) return Status(StatusCode::kOutOfMemory, "out of memory");
  Status status = SetOptions();
  if (!status.ok()) return status;
  SetStream(color);
  controls_quantizer_ = plan.bitrate > 0 && plan.zero_delay;
  if (!controls_quantizer_) SetRate();
  encoder_ = {api_->encoder_open(param_.get()), {api_}};
  if (!encoder_) return Status(StatusCode::kNotSupported, "libx265 does not open");
  api_->picture_init(param_.get(), input_.get());
  if (controls_quantizer_) {
    const VideoEncoderConfig& config = plan.config;
    const bool constant = config.bitrate_mode == VideoEncoderConfig::BitrateMode::kConstant;
    control_.Begin(FramerateOf(config), int64_t{config.width} * config.height, kMaxQuantizer, constant ? 0.5 : 1);
    control_.SetBitrate(static_cast<double>(plan.bitrate));
  }
  return plan.global_header ? ReadParameterSets() : Status::Ok();
}

Status X265Encoder::ReadParameterSets() {
  x265_nal* units = nullptr;
  uint32_t count = 0;
  if (api_->encoder_headers(encoder_.get(), &units, &count) < 0) {
    return Status(StatusCode::kInternal, "libx265 gives no parameter sets");
  }
  for (uint32_t i = 0; i < count; ++i) {
    const int type = units[i].type & kUnitTypeMask;
    if (type < kUnitVps || type > kUnitPps) continue;
    parameter_sets_.insert(parameter_sets_.end(), units[i].payload, units[i].payload + units[i].sizeBytes);
  }
  return Status::Ok();
}

bool X265Encoder::ChangeRate(const VideoEncoderPlan& plan) {
  if (!controls_quantizer_) return false;
  plan_ = plan;
  control_.SetBitrate(static_cast<double>(plan.bitrate));
  return true;
}

Status X265Encoder::Encode(x265_picture* picture) {
  x265_nal* units = nullptr;
  uint32_t count = 0;
#if X265_BUILD >= 210 && X265_BUILD < 213
  x265_picture* layers[MAX_SCALABLE_LAYERS] = {output_.get()};
  const int result = api_->encoder_encode(encoder_.get(), &units, &count, picture, layers);
#else
  const int result = api_->encoder_encode(encoder_.get(), &units, &count, picture, output_.get());
#endif
  if (result < 0) return Status(StatusCode::kEncoding, "libx265 does not encode");
  if (count == 0) return Status::Ok();
  packet_.clear();
  for (uint32_t i = 0; i < count; ++i) {
    packet_.insert(packet_.end(), units[i].payload, units[i].payload + units[i].sizeBytes);
  }
  const bool key = output_->sliceType == X265_TYPE_IDR;
  pending_ = {packet_.data(), static_cast<int>(packet_.size()), output_->pts, key};
  has_packet_ = true;
  return Status::Ok();
}

// -1: the library chooses.
int X265Encoder::NextQuantizer(int64_t pts, const EncodeOptions& options) {
  if (controls_quantizer_) return control_.Next(pts, options.key_frame || std::exchange(first_, false));
  if (plan_.config.bitrate_mode != VideoEncoderConfig::BitrateMode::kQuantizer) return -1;
  return options.quantizer >= 0 ? options.quantizer : kDefaultQuantizer;
}

Status X265Encoder::Send(AVFrame* frame, const EncodeOptions& options) {
  for (int plane = 0; plane < 3; ++plane) {
    input_->planes[plane] = frame->data[plane];
    input_->stride[plane] = frame->linesize[plane];
  }
  input_->pts = frame->pts;
  input_->bitDepth = plan_.config.bit_depth;
  input_->colorSpace = ChromaFormat(plan_.config.chroma);
  input_->sliceType = options.key_frame ? X265_TYPE_IDR : X265_TYPE_AUTO;
  // 0 stands for none.
  input_->forceqp = 1 + NextQuantizer(frame->pts, options);
  Status status = Encode(input_.get());
  if (status.ok() && has_packet_ && controls_quantizer_) control_.Took(int64_t{pending_.size} * 8);
  return status;
}

VideoEncoderBackend::Received X265Encoder::Receive(EncodedPacket* out, Status* status) {
  if (!has_packet_ && draining_) {
    *status = Encode(nullptr);
    if (!status->ok()) return Received::kError;
  }
  if (!has_packet_) return draining_ ? Received::kEnd : Received::kNeedsInput;
  has_packet_ = false;
  *out = pending_;
  return Received::kPacket;
}

Status X265Encoder::BeginDrain() {
  draining_ = true;
  return Status::Ok();
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateX265Encoder() { return std::make_unique<X265Encoder>(); }

}  // namespace webcodecs

#endif  // WITH_X265
