// OpenH264, which Debian's FFmpeg is built without.
#if WITH_OPENH264

#include <wels/codec_api.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

#include "bitstream/annexb.h"
#include "codec/encoder.h"
#include "codec/rate_pacer.h"

namespace webcodecs {

namespace {

constexpr int kNalSps = 7;
constexpr int kMicrosecondsPerSecond = 1000000;
// The library's own limits.
constexpr double kMinFramerate = 1;
constexpr double kMaxFramerate = 60;
constexpr int kMaxBitrate = std::numeric_limits<int>::max();
constexpr int kMinQuantizer = 1;
constexpr int kMaxQuantizer = 51;
// By which the least quantizer rises when frames become too large for the library.
constexpr int kQuantizerStep = 12;

struct EncoderDeleter {
  void operator()(ISVCEncoder* encoder) const {
    encoder->Uninitialize();  // harmless where it was never initialized
    WelsDestroySVCEncoder(encoder);
  }
};

class OpenH264Encoder final : public VideoEncoderBackend {
 public:
  Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) override;
  bool ChangeRate(const VideoEncoderPlan& plan) override;
  Status Send(AVFrame* frame, const EncodeOptions& options) override;
  Received Receive(EncodedPacket* out, Status* status) override;
  Status BeginDrain() override;
  std::vector<uint8_t> parameter_sets() const override { return parameter_sets_; }

 private:
  static void Trace(void* self, int level, const char* message);
  Status Error(StatusCode code, const char* what) const;
  SEncParamExt MakeParameters() const;
  Status OpenLibrary();
  Status ReadParameterSets();
  Status SetPace(double factor);
  Status Encode(const SSourcePicture& picture, bool key_frame, SFrameBSInfo* info);
  // Appends the NAL units of all layers to `out`.
  static void Collect(const SFrameBSInfo& info, std::vector<uint8_t>* out);

  VideoEncoderPlan plan_;
  ColorSpace color_;
  int min_quantizer_ = kMinQuantizer;
  // The library's last words; it outlives `encoder_`, which speaks while it is destroyed.
  std::string trace_;
  std::unique_ptr<ISVCEncoder, EncoderDeleter> encoder_;
  std::vector<uint8_t> parameter_sets_;
  double framerate_ = kDefaultFramerate;
  RatePacer pacer_;
  double factor_ = 0;

  std::vector<uint8_t> packet_;
  EncodedPacket pending_ = {};
  bool has_packet_ = false;
  bool draining_ = false;
};

void OpenH264Encoder::Trace(void* self, int level, const char* message) {
  // "[OpenH264] this = 0x..., Error:message"
  const char* prefix = std::strstr(message, "Error:");
  static_cast<OpenH264Encoder*>(self)->trace_ = prefix ? prefix + std::strlen("Error:") : message;
}

Status OpenH264Encoder::Error(StatusCode code, const char* what) const {
  return Status(code, std::string("OpenH264 ") + what + (trace_.empty() ? "" : ": " + trace_));
}

SEncParamExt OpenH264Encoder::MakeParameters() const {
  const VideoEncoderConfig& config = plan_.config;
  SEncParamExt parameters;
  encoder_->GetDefaultParams(&parameters);
  parameters.iUsageType = CAMERA_VIDEO_REAL_TIME;
  parameters.iPicWidth = config.width;
  parameters.iPicHeight = config.height;
  parameters.iTargetBitrate = static_cast<int>(std::min<int64_t>(plan_.bitrate, kMaxBitrate));
  // With rate control on from the start the library takes no quantizer below 12, which leaves high rates unused.
  parameters.iRCMode = RC_OFF_MODE;
  parameters.iMinQp = min_quantizer_;
  parameters.iMaxQp = kMaxQuantizer;
  parameters.fMaxFrameRate = static_cast<float>(std::clamp(framerate_, kMinFramerate, kMaxFramerate));
  parameters.iTemporalLayerNum = config.temporal_layers;
  // Each frame gives its packet, and no key frame comes unasked.
  parameters.bEnableFrameSkip = false;
  parameters.uiIntraPeriod = 0;
  parameters.bEnableSceneChangeDetect = false;
  parameters.eSpsPpsIdStrategy = CONSTANT_ID;
  parameters.bEnableBackgroundDetection = false;
  parameters.iMultipleThreadIdc = static_cast<unsigned short>(plan_.thread_count);
  // The same input gives the same stream.
  parameters.bUseLoadBalancing = false;
  for (const auto& [name, value] : plan_.options) {
    if (name == "cabac") parameters.iEntropyCodingModeFlag = value == "1";
    // The high one does nothing more in this library.
    if (name == "complexity") parameters.iComplexityMode = value == "low" ? LOW_COMPLEXITY : MEDIUM_COMPLEXITY;
  }

  SSpatialLayerConfig& layer = parameters.sSpatialLayers[0];
  layer.iVideoWidth = config.width;
  layer.iVideoHeight = config.height;
  layer.fFrameRate = parameters.fMaxFrameRate;
  layer.iSpatialBitrate = parameters.iTargetBitrate;
  layer.iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
  layer.uiProfileIdc = static_cast<EProfileIdc>(config.profile);
  layer.uiLevelIdc = static_cast<ELevelIdc>(config.level);
  layer.sSliceArgument.uiSliceMode = plan_.thread_count > 1 ? SM_FIXEDSLCNUM_SLICE : SM_SINGLE_SLICE;
  layer.sSliceArgument.uiSliceNum = static_cast<unsigned int>(plan_.thread_count);
  layer.bVideoSignalTypePresent = true;
  layer.uiVideoFormat = VF_UNDEF;
  layer.bFullRange = color_.full_range == 1;
  layer.bColorDescriptionPresent = true;
  layer.uiColorPrimaries = static_cast<unsigned char>(color_.primaries);
  layer.uiTransferCharacteristics = static_cast<unsigned char>(color_.transfer);
  layer.uiColorMatrix = static_cast<unsigned char>(color_.matrix);
  if (config.display_width > 0 && config.display_height > 0) {
    int num = 1, den = 1;
    av_reduce(&num, &den, int64_t{config.display_width} * config.height, int64_t{config.display_height} * config.width,
              65535);
    layer.bAspectRatioPresent = true;
    layer.eAspectRatio = num == den ? ASP_1x1 : ASP_EXT_SAR;
    layer.sAspectRatioExtWidth = static_cast<unsigned short>(num);
    layer.sAspectRatioExtHeight = static_cast<unsigned short>(den);
  }
  return parameters;
}

void OpenH264Encoder::Collect(const SFrameBSInfo& info, std::vector<uint8_t>* out) {
  for (int i = 0; i < info.iLayerNum; ++i) {
    const SLayerBSInfo& layer = info.sLayerInfo[i];
    const int size = std::accumulate(layer.pNalLengthInByte, layer.pNalLengthInByte + layer.iNalCount, 0);
    out->insert(out->end(), layer.pBsBuf, layer.pBsBuf + size);
  }
}

// They stay the same from one key frame to the next.
Status OpenH264Encoder::ReadParameterSets() {
  SFrameBSInfo info = {};
  if (encoder_->EncodeParameterSets(&info) != cmResultSuccess) {
    return Error(StatusCode::kNotSupported, "gives no parameter sets");
  }
  parameter_sets_.clear();
  Collect(info, &parameter_sets_);
  for (const NalUnit& nal : SplitAnnexB(parameter_sets_.data(), parameter_sets_.size())) {
    if ((nal.data[0] & 0x1f) != kNalSps || nal.size < 4) continue;
    if (nal.data[1] == plan_.config.profile && nal.data[3] == plan_.config.level) return Status::Ok();
    // The library raises a level that the configuration passes the limits of, and replaces one that it does not know.
    return Status(StatusCode::kNotSupported, "OpenH264 would signal profile " + std::to_string(nal.data[1]) +
                                                 " and level " + std::to_string(nal.data[3]));
  }
  return Error(StatusCode::kNotSupported, "gives no sequence parameter set");
}

Status OpenH264Encoder::Open(const VideoEncoderPlan& plan, const ColorSpace& color) {
  plan_ = plan;
  color_ = color;
  framerate_ = FramerateOf(plan.config);
  pacer_.Begin(framerate_);
  return OpenLibrary();
}

bool OpenH264Encoder::ChangeRate(const VideoEncoderPlan& plan) {
  plan_ = plan;
  framerate_ = FramerateOf(plan.config);
  pacer_.Begin(framerate_);
  // The next frame tells the library.
  factor_ = 0;
  return true;
}

Status OpenH264Encoder::OpenLibrary() {
  ISVCEncoder* encoder = nullptr;
  if (WelsCreateSVCEncoder(&encoder) != 0 || !encoder) return Status(StatusCode::kOutOfMemory, "out of memory");
  encoder_.reset(encoder);
  // Before anything else, for the library writes to stderr by default.
  WelsTraceCallback callback = &OpenH264Encoder::Trace;
  void* self = this;
  int level = WELS_LOG_ERROR;
  encoder->SetOption(ENCODER_OPTION_TRACE_CALLBACK, &callback);
  encoder->SetOption(ENCODER_OPTION_TRACE_CALLBACK_CONTEXT, &self);
  encoder->SetOption(ENCODER_OPTION_TRACE_LEVEL, &level);

  const SEncParamExt parameters = MakeParameters();
  if (encoder->InitializeExt(&parameters) != cmResultSuccess) {
    return Error(StatusCode::kNotSupported, "does not open");
  }
  int format = videoFormatI420;
  int rate_control = RC_BITRATE_MODE;
  if (encoder->SetOption(ENCODER_OPTION_DATAFORMAT, &format) != cmResultSuccess ||
      encoder->SetOption(ENCODER_OPTION_RC_MODE, &rate_control) != cmResultSuccess) {
    return Error(StatusCode::kNotSupported, "does not open");
  }
  Status status = ReadParameterSets();
  factor_ = 0;
  return status.ok() ? SetPace(1) : status;
}

// The library counts frames at the frame rate that it is told. `factor` is how much longer than configured they last.
Status OpenH264Encoder::SetPace(double factor) {
  if (factor == factor_) return Status::Ok();
  factor_ = factor;
  const double real = framerate_ / factor;
  float told = static_cast<float>(std::clamp(real, kMinFramerate, kMaxFramerate));
  // Never more than asked for, which the level may not have room for.
  const double scaled = static_cast<double>(plan_.bitrate) * std::min(told / real, 1.0);
  SBitrateInfo bitrate = {SPATIAL_LAYER_ALL, static_cast<int>(std::min<double>(scaled, kMaxBitrate))};
  if (encoder_->SetOption(ENCODER_OPTION_FRAME_RATE, &told) != cmResultSuccess ||
      encoder_->SetOption(ENCODER_OPTION_BITRATE, &bitrate) != cmResultSuccess) {
    return Error(StatusCode::kEncoding, "does not take the rate");
  }
  return Status::Ok();
}

Status OpenH264Encoder::Encode(const SSourcePicture& picture, bool key_frame, SFrameBSInfo* info) {
  if (key_frame && encoder_->ForceIntraFrame(true) != 0) {
    return Error(StatusCode::kEncoding, "does not make a key frame");
  }
  *info = {};
  if (encoder_->EncodeFrame(&picture, info) != cmResultSuccess) return Error(StatusCode::kEncoding, "does not encode");
  return Status::Ok();
}

Status OpenH264Encoder::Send(AVFrame* frame, const EncodeOptions& options) {
  const double factor = pacer_.Next(frame->pts);
  Status status = SetPace(factor);
  if (!status.ok()) return status;
  SSourcePicture picture = {};
  picture.iColorFormat = videoFormatI420;
  picture.iPicWidth = plan_.config.width;
  picture.iPicHeight = plan_.config.height;
  for (int plane = 0; plane < 3; ++plane) {
    picture.pData[plane] = frame->data[plane];
    picture.iStride[plane] = frame->linesize[plane];
  }
  picture.uiTimeStamp = frame->pts / (kMicrosecondsPerSecond / 1000);

  SFrameBSInfo info;
  status = Encode(picture, options.key_frame, &info);
  // The library ends when a frame takes more bytes than it has room for, as noise does at low quantizers.
  while (!status.ok() && min_quantizer_ < kMaxQuantizer) {
    min_quantizer_ = std::min(min_quantizer_ + kQuantizerStep, kMaxQuantizer);
    Status opened = OpenLibrary();
    if (opened.ok()) opened = SetPace(factor);
    if (!opened.ok()) return opened;
    status = Encode(picture, options.key_frame, &info);
  }
  if (!status.ok()) return status;
  packet_.clear();
  Collect(info, &packet_);
  if (packet_.empty()) return Error(StatusCode::kEncoding, "gave no packet for a frame");
  const bool key = info.eFrameType == videoFrameTypeIDR;
  // The last layer is the picture; parameter sets come before it, as layers of their own.
  const int temporal_layer = info.sLayerInfo[info.iLayerNum - 1].uiTemporalId;
  pending_ = {packet_.data(), static_cast<int>(packet_.size()), frame->pts, key, temporal_layer};
  has_packet_ = true;
  return Status::Ok();
}

VideoEncoderBackend::Received OpenH264Encoder::Receive(EncodedPacket* out, Status* status) {
  if (!has_packet_) return draining_ ? Received::kEnd : Received::kNeedsInput;
  has_packet_ = false;
  *out = pending_;
  return Received::kPacket;
}

Status OpenH264Encoder::BeginDrain() {
  draining_ = true;
  return Status::Ok();
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateOpenH264Encoder() { return std::make_unique<OpenH264Encoder>(); }

}  // namespace webcodecs

#endif  // WITH_OPENH264
