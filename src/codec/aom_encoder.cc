// AV1 through libaom itself: FFmpeg's wrapper has neither its temporal layers nor its quantizer of the frame.
#if WITH_AOM

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "codec/encoder.h"
#include "codec/library_time.h"
#include "plan/aom.h"

namespace webcodecs {

namespace {

constexpr int kMicrosecondsPerSecond = 1000000;
// Coarser than microseconds because the library counts ticks in 32 bits.
constexpr int kTicksPerSecond = 10000;
constexpr int kMicrosecondsPerTick = kMicrosecondsPerSecond / kTicksPerSecond;
// Then time begins anew, after 59 hours; the library takes that for the beginning of its stream.
constexpr int64_t kTimeWraps = int64_t{1} << 31;

// --- The plan's options ---------------------------------------------------------------------------------------------

// By the names that aomenc gives them.
struct ConfigField {
  const char* name;
  unsigned int aom_codec_enc_cfg_t::*field;
};
constexpr ConfigField kConfigFields[] = {
    {"min-q", &aom_codec_enc_cfg_t::rc_min_quantizer},
    {"max-q", &aom_codec_enc_cfg_t::rc_max_quantizer},
    {"undershoot-pct", &aom_codec_enc_cfg_t::rc_undershoot_pct},
    {"overshoot-pct", &aom_codec_enc_cfg_t::rc_overshoot_pct},
    {"buf-sz", &aom_codec_enc_cfg_t::rc_buf_sz},
    {"buf-initial-sz", &aom_codec_enc_cfg_t::rc_buf_initial_sz},
    {"buf-optimal-sz", &aom_codec_enc_cfg_t::rc_buf_optimal_sz},
};

struct RateControlMode {
  const char* name;
  aom_rc_mode mode;
};
constexpr RateControlMode kRateControlModes[] = {{"vbr", AOM_VBR}, {"cbr", AOM_CBR}, {"q", AOM_Q}};

struct Control {
  const char* name;
  int id;
};
constexpr Control kControls[] = {
    {"cpu-used", AOME_SET_CPUUSED},
    {"cq-level", AOME_SET_CQ_LEVEL},
    {"max-intra-rate", AOME_SET_MAX_INTRA_BITRATE_PCT},
    {"row-mt", AV1E_SET_ROW_MT},
    {"tile-columns", AV1E_SET_TILE_COLUMNS},
    {"tile-rows", AV1E_SET_TILE_ROWS},
    {"aq-mode", AV1E_SET_AQ_MODE},
    {"tune-content", AV1E_SET_TUNE_CONTENT},
    {"deltaq-mode", AV1E_SET_DELTAQ_MODE},
    {"enable-tpl-model", AV1E_SET_ENABLE_TPL_MODEL},
    {"enable-order-hint", AV1E_SET_ENABLE_ORDER_HINT},
    {"enable-cdef", AV1E_SET_ENABLE_CDEF},
    {"enable-obmc", AV1E_SET_ENABLE_OBMC},
    {"enable-warped-motion", AV1E_SET_ENABLE_WARPED_MOTION},
    {"enable-global-motion", AV1E_SET_ENABLE_GLOBAL_MOTION},
    {"enable-ref-frame-mvs", AV1E_SET_ENABLE_REF_FRAME_MVS},
    {"enable-intrabc", AV1E_SET_ENABLE_INTRABC},
    {"enable-cfl-intra", AV1E_SET_ENABLE_CFL_INTRA},
    {"enable-smooth-intra", AV1E_SET_ENABLE_SMOOTH_INTRA},
    {"enable-angle-delta", AV1E_SET_ENABLE_ANGLE_DELTA},
    {"enable-filter-intra", AV1E_SET_ENABLE_FILTER_INTRA},
    {"use-intra-default-tx-only", AV1E_SET_INTRA_DEFAULT_TX_ONLY},
    {"coeff-cost-upd-freq", AV1E_SET_COEFF_COST_UPD_FREQ},
    {"mode-cost-upd-freq", AV1E_SET_MODE_COST_UPD_FREQ},
    {"mv-cost-upd-freq", AV1E_SET_MV_COST_UPD_FREQ},
};

// False where it is none of the configuration's.
bool SetConfigField(const std::string& name, const std::string& value, aom_codec_enc_cfg_t* config) {
  for (const ConfigField& field : kConfigFields) {
    if (name != field.name) continue;
    config->*field.field = static_cast<unsigned int>(std::strtoul(value.c_str(), nullptr, 10));
    return true;
  }
  if (name != "end-usage") return false;
  for (const RateControlMode& mode : kRateControlModes) {
    if (value == mode.name) config->rc_end_usage = mode.mode;
  }
  return true;
}

const Control* FindControl(const std::string& name) {
  for (const Control& control : kControls) {
    if (name == control.name) return &control;
  }
  return nullptr;
}

// --- Temporal layers ------------------------------------------------------------------------------------------------

// Slot 0 holds the last picture of the base layer, slot 1 that of the middle layer, and slot 2 an older one of the base
// layer. Each picture refers to one of the first two, and to the third.
constexpr int kNoSlot = -1;
constexpr int kGoldenSlot = 2;
// In pictures of the base layer. A golden picture brings a third of a decibel.
constexpr int kGoldenInterval = 16;
// The library's indices of the references by which it finds them.
constexpr int kLastFrame = 0, kLast2Frame = 1, kGoldenFrame = 3;

struct TemporalSlot {
  int layer;
  int reference;
  int refresh;
};

struct TemporalPattern {
  int layers;
  int period;
  TemporalSlot slots[4];
  int rate_percent[3];  // of each layer with those below it
  int rate_decimator[3];
};
constexpr TemporalPattern kTemporalPatterns[] = {
    {2, 2, {{0, 0, 0}, {1, 0, kNoSlot}}, {60, 100}, {2, 1}},
    {3, 4, {{0, 0, 0}, {2, 0, kNoSlot}, {1, 0, 1}, {2, 1, kNoSlot}}, {50, 70, 100}, {4, 2, 1}},
};

const TemporalPattern* FindTemporalPattern(int layers) {
  for (const TemporalPattern& pattern : kTemporalPatterns) {
    if (pattern.layers == layers) return &pattern;
  }
  return nullptr;
}

// --- Pictures -------------------------------------------------------------------------------------------------------

aom_img_fmt ImageFormat(int bit_depth, int chroma) {
  const aom_img_fmt format = chroma == 444   ? AOM_IMG_FMT_I444
                             : chroma == 422 ? AOM_IMG_FMT_I422
                                             : AOM_IMG_FMT_I420;
  return bit_depth > 8 ? static_cast<aom_img_fmt>(format | AOM_IMG_FMT_HIGHBITDEPTH) : format;
}

struct ContextDeleter {
  void operator()(aom_codec_ctx_t* context) const {
    aom_codec_destroy(context);
    delete context;
  }
};

// --- The encoder ----------------------------------------------------------------------------------------------------

class AomEncoder final : public VideoEncoderBackend {
 public:
  Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) override;
  bool ChangeRate(const VideoEncoderPlan& plan) override;
  Status Send(AVFrame* frame, const EncodeOptions& options) override;
  Received Receive(EncodedPacket* out, Status* status) override;
  Status BeginDrain() override;
  std::vector<uint8_t> parameter_sets() const override { return {}; }

 private:
  Status MakeConfig();
  void SetRate();
  Status SetControl(int id, int value, const char* name);
  Status SetControls(const ColorSpace& color);
  Status SetLayers();
  Status SetQuantizer(int quantizer);
  Status BeginLayer(bool key_frame);
  int64_t NextTicks(int64_t pts);
  Status Error(StatusCode code, const std::string& what) const;

  VideoEncoderPlan plan_;
  std::unique_ptr<aom_codec_ctx_t, ContextDeleter> context_;
  aom_codec_enc_cfg_t config_ = {};
  const TemporalPattern* pattern_ = nullptr;
  int64_t frames_since_key_ = 0;
  int layer_ = 0;

  LibraryTime time_;
  int64_t first_ticks_ = 0;
  int64_t last_ticks_ = -1;
  unsigned long nominal_duration_ = 1;  // in ticks

  int64_t pts_ = 0;  // of the frame whose packet is to come
  aom_codec_iter_t iterator_ = nullptr;
  bool has_output_ = false;
  bool draining_ = false;
};

Status AomEncoder::Error(StatusCode code, const std::string& what) const {
  std::string message = "libaom " + what;
  if (context_) {
    message += std::string(": ") + aom_codec_error(context_.get());
    if (const char* detail = aom_codec_error_detail(context_.get())) message += std::string(" (") + detail + ")";
  }
  return Status(code, message);
}

void AomEncoder::SetRate() {
  nominal_duration_ = static_cast<unsigned long>(std::max(1.0, kTicksPerSecond / FramerateOf(plan_.config)));
  config_.rc_target_bitrate = static_cast<unsigned int>(std::clamp<int64_t>(plan_.bitrate / 1000, 1, 1000000));
}

bool AomEncoder::ChangeRate(const VideoEncoderPlan& plan) {
  plan_ = plan;
  SetRate();
  return aom_codec_enc_config_set(context_.get(), &config_) == AOM_CODEC_OK && (!pattern_ || SetLayers().ok());
}

Status AomEncoder::MakeConfig() {
  if (aom_codec_enc_config_default(aom_codec_av1_cx(), &config_, AOM_USAGE_REALTIME) != AOM_CODEC_OK) {
    return Error(StatusCode::kNotSupported, "has no realtime configuration");
  }
  const VideoEncoderConfig& config = plan_.config;
  time_.Begin(kMicrosecondsPerSecond / FramerateOf(config));
  SetRate();
  config_.g_w = static_cast<unsigned int>(config.width);
  config_.g_h = static_cast<unsigned int>(config.height);
  config_.g_timebase = {1, kTicksPerSecond};
  config_.g_threads = static_cast<unsigned int>(plan_.thread_count);
  config_.g_profile = static_cast<unsigned int>(config.profile);
  config_.g_bit_depth = static_cast<aom_bit_depth_t>(config.bit_depth);
  config_.g_input_bit_depth = static_cast<unsigned int>(config.bit_depth);
  config_.g_pass = AOM_RC_ONE_PASS;
  config_.g_lag_in_frames = 0;
  config_.rc_dropframe_thresh = 0;
  // No key frame but the first and those that are asked for.
  config_.kf_mode = AOM_KF_DISABLED;
  for (const auto& [name, value] : plan_.options) {
    if (!SetConfigField(name, value, &config_) && !FindControl(name)) {
      return Status(StatusCode::kInternal, "libaom has no option " + name);
    }
  }
  pattern_ = FindTemporalPattern(config.temporal_layers);
  return Status::Ok();
}

Status AomEncoder::SetControl(int id, int value, const char* name) {
  if (aom_codec_control(context_.get(), id, value) == AOM_CODEC_OK) return Status::Ok();
  return Error(StatusCode::kNotSupported, std::string("does not take ") + name + "=" + std::to_string(value));
}

Status AomEncoder::SetControls(const ColorSpace& color) {
  for (const auto& [name, value] : plan_.options) {
    const Control* control = FindControl(name);
    if (!control) continue;
    Status status = SetControl(control->id, std::atoi(value.c_str()), control->name);
    if (!status.ok()) return status;
  }
  // The identity is for 4:4:4 alone (6.4.2), and an assertion of the library.
  const bool identity = color.matrix == kMatrixRgb && plan_.config.chroma != 444;
  const int matrix = identity ? kMatrixUnspecified : color.matrix;
  const struct {
    const char* name;
    int id, value;
  } settings[] = {
      {"color-primaries", AV1E_SET_COLOR_PRIMARIES, color.primaries},
      {"transfer-characteristics", AV1E_SET_TRANSFER_CHARACTERISTICS, color.transfer},
      {"matrix-coefficients", AV1E_SET_MATRIX_COEFFICIENTS, matrix},
      {"color-range", AV1E_SET_COLOR_RANGE, color.full_range == 1 ? AOM_CR_FULL_RANGE : AOM_CR_STUDIO_RANGE},
  };
  for (const auto& [name, id, value] : settings) {
    Status status = SetControl(id, value, name);
    if (!status.ok()) return status;
  }
  return pattern_ ? SetLayers() : Status::Ok();
}

Status AomEncoder::SetLayers() {
  aom_svc_params_t parameters = {};
  parameters.number_spatial_layers = 1;
  parameters.number_temporal_layers = pattern_->layers;
  parameters.scaling_factor_num[0] = parameters.scaling_factor_den[0] = 1;
  for (int i = 0; i < pattern_->layers; ++i) {
    parameters.min_quantizers[i] = static_cast<int>(config_.rc_min_quantizer);
    parameters.max_quantizers[i] = static_cast<int>(config_.rc_max_quantizer);
    parameters.layer_target_bitrate[i] =
        std::max(1, static_cast<int>(config_.rc_target_bitrate) * pattern_->rate_percent[i] / 100);
    parameters.framerate_factor[i] = pattern_->rate_decimator[i];
  }
  if (aom_codec_control(context_.get(), AV1E_SET_SVC_PARAMS, &parameters) == AOM_CODEC_OK) return Status::Ok();
  return Error(StatusCode::kNotSupported, "does not take temporal layers");
}

Status AomEncoder::Open(const VideoEncoderPlan& plan, const ColorSpace& color) {
  plan_ = plan;
  Status status = MakeConfig();
  if (!status.ok()) return status;
  auto context = std::make_unique<aom_codec_ctx_t>();
  const aom_codec_err_t result = aom_codec_enc_init(context.get(), aom_codec_av1_cx(), &config_,
                                                    plan.config.bit_depth > 8 ? AOM_CODEC_USE_HIGHBITDEPTH : 0);
  // The context is destroyed also where it was not made: the text of its error is part of it.
  context_.reset(context.release());
  if (result != AOM_CODEC_OK) {
    return Error(result == AOM_CODEC_MEM_ERROR ? StatusCode::kOutOfMemory : StatusCode::kNotSupported, "does not open");
  }
  return SetControls(color);
}

Status AomEncoder::SetQuantizer(int quantizer) {
  const unsigned int step = aom::QuantizerStep(quantizer);
  if (step == config_.rc_min_quantizer && step == config_.rc_max_quantizer) return Status::Ok();
  config_.rc_min_quantizer = config_.rc_max_quantizer = step;
  if (aom_codec_enc_config_set(context_.get(), &config_) != AOM_CODEC_OK) {
    return Error(StatusCode::kEncoding, "does not take the quantizer");
  }
  return pattern_ ? SetLayers() : Status::Ok();
}

// Tells the library the layer of the next frame, and which pictures it refers to and replaces.
Status AomEncoder::BeginLayer(bool key_frame) {
  if (key_frame) frames_since_key_ = 0;
  const int64_t position = frames_since_key_ % pattern_->period;
  const TemporalSlot& slot = pattern_->slots[position];
  layer_ = slot.layer;
  aom_svc_layer_id_t id = {0, slot.layer};
  aom_svc_ref_frame_config_t references = {};
  for (int& index : references.ref_idx) index = slot.reference;
  references.ref_idx[kGoldenFrame] = kGoldenSlot;
  references.reference[kLastFrame] = references.reference[kGoldenFrame] = 1;
  if (slot.refresh != kNoSlot) {
    references.refresh[slot.refresh] = 1;
    // The library replaces only what it could have referred to.
    references.ref_idx[kLast2Frame] = slot.refresh;
  }
  if (position == 0 && frames_since_key_ / pattern_->period % kGoldenInterval == 0) references.refresh[kGoldenSlot] = 1;
  ++frames_since_key_;
  if (aom_codec_control(context_.get(), AV1E_SET_SVC_LAYER_ID, &id) != AOM_CODEC_OK ||
      aom_codec_control(context_.get(), AV1E_SET_SVC_REF_FRAME_CONFIG, &references) != AOM_CODEC_OK) {
    return Error(StatusCode::kEncoding, "does not take the temporal layer");
  }
  return Status::Ok();
}

int64_t AomEncoder::NextTicks(int64_t pts) {
  // Steps of less than a tick are none in reality.
  last_ticks_ = std::max(time_.Next(pts).time / kMicrosecondsPerTick - first_ticks_, last_ticks_ + 1);
  if (last_ticks_ >= kTimeWraps) {
    first_ticks_ += last_ticks_;
    last_ticks_ = 0;
  }
  return last_ticks_;
}

Status AomEncoder::Send(AVFrame* frame, const EncodeOptions& options) {
  aom_image_t image;
  // Only describes the planes, which stay where they are: there is nothing to free.
  if (!aom_img_wrap(&image, ImageFormat(plan_.config.bit_depth, plan_.config.chroma), config_.g_w, config_.g_h, 1,
                    frame->data[0])) {
    return Status(StatusCode::kInternal, "libaom does not take the frame");
  }
  for (int plane = 0; plane < 3; ++plane) {
    image.planes[plane] = frame->data[plane];
    image.stride[plane] = frame->linesize[plane];
  }
  image.bit_depth = static_cast<unsigned int>(plan_.config.bit_depth);

  Status status;
  if (plan_.config.bitrate_mode == VideoEncoderConfig::BitrateMode::kQuantizer) {
    status = SetQuantizer(options.quantizer >= 0 ? options.quantizer : aom::kDefaultQuantizer);
  }
  if (status.ok() && pattern_) status = BeginLayer(options.key_frame);
  if (!status.ok()) return status;
  iterator_ = nullptr;
  // Of steady length: the library takes the distance of the ends for the time that the frame may fill with its bits,
  // which then is the distance to the frame before.
  if (aom_codec_encode(context_.get(), &image, NextTicks(frame->pts), nominal_duration_,
                       options.key_frame ? AOM_EFLAG_FORCE_KF : 0) != AOM_CODEC_OK) {
    return Error(StatusCode::kEncoding, "does not encode");
  }
  pts_ = frame->pts;
  has_output_ = true;
  return Status::Ok();
}

VideoEncoderBackend::Received AomEncoder::Receive(EncodedPacket* out, Status* status) {
  while (has_output_) {
    const aom_codec_cx_pkt_t* packet = aom_codec_get_cx_data(context_.get(), &iterator_);
    if (!packet) break;
    if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
    const auto& encoded = packet->data.frame;
    *out = {static_cast<const uint8_t*>(encoded.buf), static_cast<int>(encoded.sz), pts_,
            (encoded.flags & AOM_FRAME_IS_KEY) != 0, layer_};
    return Received::kPacket;
  }
  has_output_ = false;
  return draining_ ? Received::kEnd : Received::kNeedsInput;
}

Status AomEncoder::BeginDrain() {
  draining_ = true;
  return Status::Ok();
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateAomEncoder() { return std::make_unique<AomEncoder>(); }

}  // namespace webcodecs

#endif  // WITH_AOM
