// VP8 and VP9 through libvpx itself: FFmpeg's wrapper has neither its temporal layers nor its quantizer of the frame.
#if WITH_VPX

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>

#include "codec/encoder.h"
#include "codec/library_time.h"
#include "codec/rate_corrector.h"
#include "codec/vpx_layers.h"
#include "codec/vpx_options.h"
#include "codec/vpx_start.h"
#include "plan/vpx.h"
#include "util/cpu.h"

namespace webcodecs {

namespace {

constexpr int kMicrosecondsPerSecond = 1000000;

// --- Pictures and colour --------------------------------------------------------------------------------------------

vpx_img_fmt ImageFormat(PixelFormat format) {
  switch (format) {
    case PixelFormat::kI422:
      return VPX_IMG_FMT_I422;
    case PixelFormat::kI444:
      return VPX_IMG_FMT_I444;
    case PixelFormat::kI420P10:
    case PixelFormat::kI420P12:
      return VPX_IMG_FMT_I42016;
    case PixelFormat::kI422P10:
    case PixelFormat::kI422P12:
      return VPX_IMG_FMT_I42216;
    case PixelFormat::kI444P10:
    case PixelFormat::kI444P12:
      return VPX_IMG_FMT_I44416;
    default:
      return VPX_IMG_FMT_I420;
  }
}

// VP9 has one number for matrix, primaries and transfer together; the matrix is what a decoder cannot do without.
// RGB is for 4:4:4 alone.
vpx_color_space_t StreamColorSpace(int matrix, int chroma) {
  switch (matrix) {
    case kMatrixRgb:
      return chroma == 444 ? VPX_CS_SRGB : VPX_CS_UNKNOWN;
    case kMatrixBt709:
      return VPX_CS_BT_709;
    case kMatrixBt470bg:
      return VPX_CS_BT_601;
    case kMatrixSmpte170m:
      return VPX_CS_SMPTE_170;
    case kMatrixSmpte240m:
      return VPX_CS_SMPTE_240;
    case kMatrixBt2020Ncl:
      return VPX_CS_BT_2020;
    default:
      return VPX_CS_UNKNOWN;
  }
}

unsigned long NominalDuration(const VideoEncoderConfig& config) {
  return static_cast<unsigned long>(std::max(1.0, kMicrosecondsPerSecond / FramerateOf(config)));
}

struct VpxContextDeleter {
  void operator()(vpx_codec_ctx_t* context) const {
    vpx_codec_destroy(context);
    delete context;
  }
};
using VpxContextPtr = std::unique_ptr<vpx_codec_ctx_t, VpxContextDeleter>;

// Whether more threads want to run on this machine than it has processors, but for one.
bool MachineIsBusy() {
  std::ifstream file("/proc/loadavg");
  double load = 0;
  int running = 0;
  if (!(file >> load >> load >> load >> running)) return false;
  return running > sysconf(_SC_NPROCESSORS_ONLN) + 1;
}

// Threads of VP8 wait for each other without giving their processor away: where there are more of them than processors,
// each waits for time slices instead of microseconds, and a frame takes ten times as long as in one thread. So they are
// handed out while there are processors for them.
class ProcessorReservation {
 public:
  explicit ProcessorReservation(int wanted) {
    if (wanted <= 1) return;
    State& state = SharedState();
    std::unique_lock<std::mutex> lock(state.mutex);
    // An encoder that was closed just now is still on its way out.
    const bool free = state.released.wait_for(lock, std::chrono::milliseconds(50), [&state, wanted] {
      return state.reserved + wanted <= AvailableProcessors();
    });
    if (!free || MachineIsBusy()) return;
    state.reserved += wanted;
    count_ = wanted;
  }
  ~ProcessorReservation() {
    if (count_ == 0) return;
    State& state = SharedState();
    std::lock_guard<std::mutex> lock(state.mutex);
    state.reserved -= count_;
    state.released.notify_one();
  }
  ProcessorReservation(const ProcessorReservation&) = delete;
  ProcessorReservation& operator=(const ProcessorReservation&) = delete;

  int threads() const { return std::max(count_, 1); }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable released;
    int reserved = 0;
  };
  // Never destroyed: codec threads may run while the process exits.
  static State& SharedState() {
    static State* state = new State();
    return *state;
  }
  int count_ = 0;
};

// --- The encoder ----------------------------------------------------------------------------------------------------

class VpxEncoder final : public VideoEncoderBackend {
 public:
  Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) override;
  bool ChangeRate(const VideoEncoderPlan& plan) override;
  Status Send(AVFrame* frame, const EncodeOptions& options) override;
  Received Receive(EncodedPacket* out, Status* status) override;
  Status BeginDrain() override;
  std::vector<uint8_t> parameter_sets() const override { return {}; }

 private:
  // A frame that has not given its packet yet.
  struct Pending {
    int64_t time;      // as the library is told
    int64_t duration;  // since the frame before
    int64_t pts;
    int layer;
  };

  Status MakeConfig(vpx_codec_iface_t* interface);
  Status SetControls(const ColorSpace& color);
  Status SetControl(int id, int value, const char* name);
  Status SetQuantizer(int quantizer);
  Status CorrectRate(size_t bytes, int64_t duration);
  Status FollowStart(size_t bytes, int64_t duration, bool key);
  Status ChangeConfig();
  unsigned int Kilobits(double factor) const;
  // The flags of the next frame; sets its layer.
  vpx_enc_frame_flags_t BeginLayer(bool key_frame, Pending* frame);
  Status Encode(const vpx_image_t* image, int64_t pts, vpx_enc_frame_flags_t flags);
  Status TakePacket(const vpx_codec_cx_pkt_t& packet, EncodedPacket* out);
  Status Error(StatusCode code, const std::string& what) const;

  VideoEncoderPlan plan_;
  bool vp9_ = false;
  std::optional<ProcessorReservation> processors_;
  VpxContextPtr context_;
  vpx_codec_enc_cfg_t config_ = {};
  unsigned long deadline_ = VPX_DL_REALTIME;
  const vpx::TemporalPattern* pattern_ = nullptr;
  int frames_since_key_ = 0;
  bool corrects_rate_ = false;
  RateCorrector corrector_;
  vpx::QuantizerStart start_;

  std::deque<Pending> pending_;
  LibraryTime time_;
  unsigned long nominal_duration_ = 1;
  vpx_codec_iter_t iterator_ = nullptr;
  bool has_output_ = false;
  bool draining_ = false;
  size_t pending_before_drain_ = 0;
};

Status VpxEncoder::Error(StatusCode code, const std::string& what) const {
  std::string message = what;
  if (context_) {
    message += std::string(": ") + vpx_codec_error(context_.get());
    if (const char* detail = vpx_codec_error_detail(context_.get())) message += std::string(" (") + detail + ")";
  }
  return Status(code, message);
}

Status VpxEncoder::MakeConfig(vpx_codec_iface_t* interface) {
  if (vpx_codec_enc_config_default(interface, &config_, 0) != VPX_CODEC_OK) {
    return Status(StatusCode::kNotSupported, "libvpx has no default configuration");
  }
  const VideoEncoderConfig& config = plan_.config;
  nominal_duration_ = NominalDuration(config);
  time_.Begin(kMicrosecondsPerSecond / FramerateOf(config));
  config_.g_w = static_cast<unsigned int>(config.width);
  config_.g_h = static_cast<unsigned int>(config.height);
  config_.g_timebase = {1, kMicrosecondsPerSecond};
  config_.g_threads = static_cast<unsigned int>(processors_ ? processors_->threads() : plan_.thread_count);
  config_.g_pass = VPX_RC_ONE_PASS;
  config_.g_profile = static_cast<unsigned int>(config.profile);
  config_.g_bit_depth = static_cast<vpx_bit_depth_t>(config.bit_depth);
  config_.g_input_bit_depth = static_cast<unsigned int>(config.bit_depth);
  config_.rc_resize_allowed = 0;
  config_.rc_dropframe_thresh = 0;
  // VP9 looks at the distance even where automatic key frames are off.
  config_.kf_max_dist = static_cast<unsigned int>(plan_.gop_size);
  config_.kf_mode = plan_.gop_size == vpx::kInfiniteGop ? VPX_KF_DISABLED : VPX_KF_AUTO;
  bool follows_start = false;
  for (const auto& [name, value] : plan_.options) {
    if (name == "deadline") {
      deadline_ = value == "good" ? VPX_DL_GOOD_QUALITY : VPX_DL_REALTIME;
    } else if (name == vpx::kExpectedRate) {
      corrects_rate_ = true;
      corrector_.Begin(std::atoi(value.c_str()) / 100.0);
    } else if (name == vpx::kFollowStart) {
      follows_start = true;
    } else if (!vpx::SetConfigField(name, value, &config_) && !vpx::FindControl(name)) {
      return Status(StatusCode::kInternal, "libvpx has no option " + name);
    }
  }
  if (follows_start) {
    start_.Begin(static_cast<int>(config_.rc_min_quantizer), static_cast<int>(config_.rc_max_quantizer));
  }
  config_.rc_target_bitrate = Kilobits(corrects_rate_ ? corrector_.factor() : 1);
  pattern_ = vpx::FindTemporalPattern(config.temporal_layers, vp9_);
  return Status::Ok();
}

Status VpxEncoder::SetControl(int id, int value, const char* name) {
  if (vpx_codec_control_(context_.get(), id, value) == VPX_CODEC_OK) return Status::Ok();
  return Error(StatusCode::kNotSupported, std::string("libvpx does not take ") + name + "=" + std::to_string(value));
}

Status VpxEncoder::SetControls(const ColorSpace& color) {
  Status status;
  for (const auto& [name, value] : plan_.options) {
    const vpx::Control* control = vpx::FindControl(name);
    if (!control) continue;
    status = SetControl(control->id, std::atoi(value.c_str()), control->name);
    if (!status.ok()) return status;
  }
  if (!vp9_) return status;
  status = SetControl(VP9E_SET_COLOR_SPACE, StreamColorSpace(color.matrix, plan_.config.chroma), "color-space");
  if (!status.ok()) return status;
  // sRGB says by itself that the range is full.
  return SetControl(VP9E_SET_COLOR_RANGE, color.full_range == 1 ? VPX_CR_FULL_RANGE : VPX_CR_STUDIO_RANGE,
                    "color-range");
}

Status VpxEncoder::Open(const VideoEncoderPlan& plan, const ColorSpace& color) {
  plan_ = plan;
  vp9_ = plan.config.codec == "vp9";
  vpx_codec_iface_t* interface = vp9_ ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
  const bool high_bit_depth = plan.config.bit_depth > 8;
  if (high_bit_depth && (vpx_codec_get_caps(interface) & VPX_CODEC_CAP_HIGHBITDEPTH) == 0) {
    return Status(StatusCode::kNotSupported, "this libvpx is built for 8 bits alone");
  }
  // Whoever asks for a number of them is to have them.
  if (!vp9_ && AskedThreads(plan.config.threads) == 0) processors_.emplace(plan.thread_count);
  Status status = MakeConfig(interface);
  if (!status.ok()) return status;

  auto context = std::make_unique<vpx_codec_ctx_t>();
  const vpx_codec_err_t result =
      vpx_codec_enc_init(context.get(), interface, &config_, high_bit_depth ? VPX_CODEC_USE_HIGHBITDEPTH : 0);
  // The context is destroyed also where it was not made: the text of its error is part of it.
  context_.reset(context.release());
  if (result != VPX_CODEC_OK) {
    return Error(result == VPX_CODEC_MEM_ERROR ? StatusCode::kOutOfMemory : StatusCode::kNotSupported,
                 "libvpx does not open");
  }
  return SetControls(color);
}

Status VpxEncoder::ChangeConfig() {
  if (vpx_codec_enc_config_set(context_.get(), &config_) == VPX_CODEC_OK) return Status::Ok();
  return Error(StatusCode::kEncoding, "libvpx does not take a change");
}

bool VpxEncoder::ChangeRate(const VideoEncoderPlan& plan) {
  plan_ = plan;
  nominal_duration_ = NominalDuration(plan.config);
  config_.rc_target_bitrate = Kilobits(corrects_rate_ ? corrector_.factor() : 1);
  return ChangeConfig().ok();
}

unsigned int VpxEncoder::Kilobits(double factor) const {
  return static_cast<unsigned int>(std::clamp(static_cast<double>(plan_.bitrate) * factor / 1000, 1.0, 1e6));
}

Status VpxEncoder::SetQuantizer(int quantizer) {
  const unsigned int step = vpx::QuantizerStep(quantizer);
  if (config_.rc_min_quantizer == step && config_.rc_max_quantizer == step) return Status::Ok();
  config_.rc_min_quantizer = config_.rc_max_quantizer = step;
  return ChangeConfig();
}

Status VpxEncoder::CorrectRate(size_t bytes, int64_t duration) {
  if (!corrects_rate_) return Status::Ok();
  const double size_seconds = static_cast<double>(bytes) * 8 / static_cast<double>(plan_.bitrate);
  if (!corrector_.Add(size_seconds, static_cast<double>(duration) / kMicrosecondsPerSecond)) return Status::Ok();
  config_.rc_target_bitrate = Kilobits(corrector_.factor());
  return ChangeConfig();
}

Status VpxEncoder::FollowStart(size_t bytes, int64_t duration, bool key) {
  if (start_.ended()) return Status::Ok();
  int quantizer = 0;
  if (vpx_codec_control_(context_.get(), VP8E_GET_LAST_QUANTIZER_64, &quantizer) != VPX_CODEC_OK) {
    return Error(StatusCode::kEncoding, "libvpx does not tell its quantizer");
  }
  const double size_seconds = static_cast<double>(bytes) * 8 / static_cast<double>(plan_.bitrate);
  start_.Add(quantizer, size_seconds, static_cast<double>(duration) / kMicrosecondsPerSecond, key);
  const auto limit = static_cast<unsigned int>(start_.limit());
  if (config_.rc_max_quantizer == limit) return Status::Ok();
  config_.rc_max_quantizer = limit;
  return ChangeConfig();
}

vpx_enc_frame_flags_t VpxEncoder::BeginLayer(bool key_frame, Pending* frame) {
  if (key_frame) frames_since_key_ = 0;
  const vpx::TemporalSlot& slot = pattern_->slots[frames_since_key_++ % pattern_->period];
  frame->layer = slot.layer;
  return slot.flags;
}

Status VpxEncoder::Encode(const vpx_image_t* image, int64_t pts, vpx_enc_frame_flags_t flags) {
  iterator_ = nullptr;
  // Of steady length: the library takes the distance of the ends for the time that the frame may fill with its bits,
  // which then is the distance to the frame before.
  if (vpx_codec_encode(context_.get(), image, pts, nominal_duration_, flags, deadline_) != VPX_CODEC_OK) {
    return Error(StatusCode::kEncoding, "libvpx does not encode");
  }
  has_output_ = true;
  return Status::Ok();
}

Status VpxEncoder::Send(AVFrame* frame, const EncodeOptions& options) {
  vpx_image_t image;
  // Only describes the planes, which stay where they are: there is nothing to free.
  if (!vpx_img_wrap(&image, ImageFormat(plan_.input_format), config_.g_w, config_.g_h, 1, frame->data[0])) {
    return Status(StatusCode::kInternal, "libvpx does not take the frame");
  }
  for (int plane = 0; plane < 3; plane++) {
    image.planes[plane] = frame->data[plane];
    image.stride[plane] = frame->linesize[plane];
  }
  image.bit_depth = static_cast<unsigned int>(plan_.config.bit_depth);

  if (plan_.config.bitrate_mode == VideoEncoderConfig::BitrateMode::kQuantizer) {
    Status status = SetQuantizer(options.quantizer >= 0 ? options.quantizer : vpx::kDefaultQuantizer);
    if (!status.ok()) return status;
  }
  const LibraryTime::Frame time = time_.Next(frame->pts);
  Pending pending = {time.time, time.duration, frame->pts, 0};
  vpx_enc_frame_flags_t flags = options.key_frame ? VPX_EFLAG_FORCE_KF : 0;
  if (pattern_) flags |= BeginLayer(options.key_frame, &pending);
  pending_.push_back(pending);
  return Encode(&image, pending.time, flags);
}

VideoEncoderBackend::Received VpxEncoder::Receive(EncodedPacket* out, Status* status) {
  for (;;) {
    const vpx_codec_cx_pkt_t* packet = has_output_ ? vpx_codec_get_cx_data(context_.get(), &iterator_) : nullptr;
    if (packet && packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    if (packet) {
      *status = TakePacket(*packet, out);
      return status->ok() ? Received::kPacket : Received::kError;
    }
    has_output_ = false;
    if (!draining_) return Received::kNeedsInput;
    // Each call gives some of what is left.
    if (pending_.empty() || pending_.size() == pending_before_drain_) return Received::kEnd;
    pending_before_drain_ = pending_.size();
    *status = Encode(nullptr, 0, 0);
    if (!status->ok()) return Received::kError;
  }
}

Status VpxEncoder::TakePacket(const vpx_codec_cx_pkt_t& packet, EncodedPacket* out) {
  const auto& encoded = packet.data.frame;
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&](const Pending& frame) { return frame.time == encoded.pts; });
  if (found == pending_.end()) return Status(StatusCode::kInternal, "libvpx gave a packet for no frame");
  const Pending frame = *found;
  pending_.erase(pending_.begin(), found + 1);
  *out = {static_cast<const uint8_t*>(encoded.buf), static_cast<int>(encoded.sz), frame.pts,
          (encoded.flags & VPX_FRAME_IS_KEY) != 0, frame.layer};
  const Status status = CorrectRate(encoded.sz, frame.duration);
  return status.ok() ? FollowStart(encoded.sz, frame.duration, out->key) : status;
}

Status VpxEncoder::BeginDrain() {
  draining_ = true;
  return Status::Ok();
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateVpxEncoder() { return std::make_unique<VpxEncoder>(); }

}  // namespace webcodecs

#endif  // WITH_VPX
