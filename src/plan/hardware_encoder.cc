#include "plan/hardware_encoder.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bitstream/h264.h"
#include "bitstream/packaging.h"
#include "codec/encoder.h"
#include "plan/hardware_probe.h"
#include "util/ffmpeg_compat.h"
#include "util/log.h"

namespace webcodecs {

namespace {

using BitrateMode = VideoEncoderConfig::BitrateMode;

constexpr int kProfileBaseline = 66;
constexpr int kProfileMain = 77;
constexpr int kProfileHigh = 100;

constexpr int kQualityGop = 250;
// What comes closest to "no key frame that is not asked for".
constexpr int kInfiniteGop = 1 << 30;
// VA-API's drivers and Quick Sync count the pictures of a group in 16 bits.
constexpr int kLongestCountedGop = 65535;

// In the order of preference within a kind.
struct Row {
  DeviceKind kind;
  const char* codec;
  const char* encoder;
  // Intel's newer chips have the "low power" way alone for some codecs, older ones the other.
  bool low_power = false;
};
constexpr Row kEncoders[] = {
    {DeviceKind::kCuda, "h264", "h264_nvenc"},
    {DeviceKind::kCuda, "hevc", "hevc_nvenc"},
    {DeviceKind::kCuda, "av1", "av1_nvenc"},
    {DeviceKind::kVaapi, "h264", "h264_vaapi"},
    {DeviceKind::kVaapi, "h264", "h264_vaapi", true},
    {DeviceKind::kVaapi, "hevc", "hevc_vaapi"},
    {DeviceKind::kVaapi, "hevc", "hevc_vaapi", true},
    {DeviceKind::kVaapi, "vp8", "vp8_vaapi"},
    {DeviceKind::kVaapi, "vp9", "vp9_vaapi"},
    {DeviceKind::kVaapi, "vp9", "vp9_vaapi", true},
    {DeviceKind::kVaapi, "av1", "av1_vaapi"},
    {DeviceKind::kVaapi, "av1", "av1_vaapi", true},
    {DeviceKind::kQsv, "h264", "h264_qsv"},
    {DeviceKind::kQsv, "hevc", "hevc_qsv"},
    {DeviceKind::kQsv, "vp9", "vp9_qsv"},
    {DeviceKind::kQsv, "av1", "av1_qsv"},
    {DeviceKind::kV4l2m2m, "h264", "h264_v4l2m2m"},
    {DeviceKind::kV4l2m2m, "hevc", "hevc_v4l2m2m"},
    {DeviceKind::kV4l2m2m, "vp8", "vp8_v4l2m2m"},
    {DeviceKind::kVideoToolbox, "h264", "h264_videotoolbox"},
    {DeviceKind::kVideoToolbox, "hevc", "hevc_videotoolbox"},
};

Status Unsupported(const std::string& what) { return Status(StatusCode::kNotSupported, what); }

class Options {
 public:
  explicit Options(VideoEncoderPlan* plan) : plan_(plan) {}
  void Add(const char* name, const char* value) { plan_->options.emplace_back(name, value); }
  void Add(const char* name, int value) { plan_->options.emplace_back(name, std::to_string(value)); }

 private:
  VideoEncoderPlan* plan_;
};

// What no encoder here has, whatever its device.
Status CheckStream(const VideoEncoderConfig& config) {
  if (config.bitrate_mode == BitrateMode::kQuantizer) return Unsupported("no quantizer of the frame");
  if (config.temporal_layers > 1) return Unsupported("no temporal layers");
  if (config.alpha) return Unsupported("no alpha");
  // Each maker counts quality on a scale of its own.
  if (config.has_quality()) return Unsupported("no constant quality");
  if (!config.encoder_options.empty()) return Unsupported("no options of its own");
  if (config.chroma != 420 || config.bit_depth > 10) return Unsupported("only 4:2:0 in 8 or 10 bits");
  if (config.width % 2 != 0 || config.height % 2 != 0) return Unsupported("only even sizes");
  if (config.codec == "h264" && config.profile != kProfileBaseline && config.profile != kProfileMain &&
      config.profile != kProfileHigh) {
    return Unsupported("Baseline, Main and High only");
  }
  return Status::Ok();
}

bool IsNal(const VideoEncoderConfig& config) { return config.codec == "h264" || config.codec == "hevc"; }

int BFrames(const VideoEncoderConfig& config) {
  const bool allowed = !config.realtime && config.codec == "h264" && config.profile != kProfileBaseline &&
                       (config.constraints & h264::kConstraintNoBSlices) == 0;
  return allowed ? 2 : 0;
}

void SetRates(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  plan->bitrate = config.bitrate > 0 ? config.bitrate : DefaultBitrate(config);
  if (config.bitrate_mode == BitrateMode::kConstant) {
    plan->max_rate = plan->bitrate;
    plan->buffer_size = plan->bitrate;
    return;
  }
  plan->max_rate = plan->bitrate * 2;
  if (config.max_bitrate > 0) plan->max_rate = std::max(plan->bitrate, std::min(plan->max_rate, config.max_bitrate));
}

const char* ProfileName(const VideoEncoderConfig& config) {
  if (config.codec == "hevc") return config.bit_depth == 8 ? "main" : "main10";
  return config.profile == kProfileBaseline ? "baseline" : config.profile == kProfileMain ? "main" : "high";
}

// profile_idc; of Baseline with the flag that makes it Constrained Baseline, which is what encoders make of it.
int ProfileNumber(const VideoEncoderConfig& config) {
  const bool baseline = config.codec == "h264" && config.profile == kProfileBaseline;
  return baseline ? compat::kProfileH264ConstrainedBaseline : config.profile;
}

bool HasTiers(const VideoEncoderConfig& config) { return config.codec == "hevc" || config.codec == "av1"; }

Status PlanNvenc(const VideoEncoderConfig& config, VideoEncoderPlan* plan, Options* options) {
  options->Add("preset", config.realtime ? "p3" : "p5");
  options->Add("tune", config.realtime ? "ull" : "hq");
  options->Add("rc", config.bitrate_mode == BitrateMode::kConstant ? "cbr" : "vbr");
  if (IsNal(config)) options->Add("profile", ProfileName(config));
  options->Add("level", config.level);
  if (HasTiers(config)) options->Add("tier", config.constraints);
  options->Add("forced-idr", 1);
  if (config.realtime) {
    options->Add("zerolatency", 1);
    // Otherwise frames are held back until all surfaces are in use.
    options->Add("delay", 0);
  }
  return Status::Ok();
}

Status PlanVaapi(const VideoEncoderConfig& config, bool low_power, VideoEncoderPlan* plan, Options* options) {
  plan->uploads_frames = true;
  plan->gop_size = std::min(plan->gop_size, kLongestCountedGop);
  options->Add("rc_mode", config.bitrate_mode == BitrateMode::kConstant ? "CBR" : "VBR");
  if (low_power) options->Add("low_power", 1);
  // A second frame in the works would hold the first one's packet back.
  if (config.realtime) options->Add("async_depth", 1);
  if (config.codec == "vp8" || config.codec == "vp9") return Status::Ok();
  options->Add("profile", ProfileNumber(config));
  options->Add("level", config.level);
  if (HasTiers(config)) options->Add("tier", config.constraints);
  // The name and version of the library have no place in every stream.
  if (config.codec == "h264") options->Add("sei", "timing+recovery_point");
  return Status::Ok();
}

Status PlanQsv(const VideoEncoderConfig& config, VideoEncoderPlan* plan, Options* options) {
  if (HasTiers(config) && config.constraints != 0) return Unsupported("the Main tier only");
  plan->gop_size = std::min(plan->gop_size, kLongestCountedGop);
  options->Add("preset", config.realtime ? "veryfast" : "medium");
  if (config.realtime) options->Add("async_depth", 1);
  options->Add("forced_idr", 1);
  if (IsNal(config)) {
    options->Add("profile", config.profile);
    options->Add("level", config.level);
  }
  return Status::Ok();
}

Status PlanV4l2(const VideoEncoderConfig& config, VideoEncoderPlan* plan, Options* options) {
  if (config.bit_depth > 8) return Unsupported("8 bits only");
  // The level is the driver's choice: TryHardwareEncoder sees whether it is within the codec string's.
  if (config.codec == "h264") options->Add("profile", ProfileNumber(config));
  return Status::Ok();
}

Status PlanVideoToolbox(const VideoEncoderConfig& config, VideoEncoderPlan* plan, Options* options) {
  options->Add("allow_sw", 0);
  options->Add("realtime", config.realtime ? 1 : 0);
  options->Add("profile", ProfileName(config));
  if (config.codec == "h264") options->Add("level", config.level);
  if (config.bitrate_mode == BitrateMode::kConstant) options->Add("constant_bit_rate", 1);
  return Status::Ok();
}

Status PlanEncoder(const VideoEncoderConfig& config, const Row& row, VideoEncoderPlan* plan) {
  *plan = VideoEncoderPlan();
  plan->config = config;
  plan->encoder = row.encoder;
  plan->device = {row.kind, ""};
  Status status = CheckStream(config);
  if (!status.ok()) return status;

  plan->input_format = config.bit_depth > 8 ? PixelFormat::kI420P10 : PixelFormat::kNV12;
  plan->zero_delay = config.realtime;
  // As many as the encoders' own queues may hold.
  plan->max_delay = config.realtime ? 0 : 96;
  plan->gop_size = config.realtime ? kInfiniteGop : kQualityGop;
  plan->max_b_frames = BFrames(config);
  plan->global_header = IsNal(config) && !config.annexb;
  SetRates(config, plan);
  // All of them count frames at the rate that they are told.
  plan->needs_steady_rate = !config.realtime;

  Options options(plan);
  switch (row.kind) {
    case DeviceKind::kCuda:
      return PlanNvenc(config, plan, &options);
    case DeviceKind::kVaapi:
      return PlanVaapi(config, row.low_power, plan, &options);
    case DeviceKind::kQsv:
      return PlanQsv(config, plan, &options);
    case DeviceKind::kV4l2m2m:
      return PlanV4l2(config, plan, &options);
    default:
      return PlanVideoToolbox(config, plan, &options);
  }
}

// The encoder of `row` on the first device that it works on.
Status ResolveRow(const VideoEncoderConfig& config, const Row& row, VideoEncoderPlan* plan) {
  Status status = PlanEncoder(config, row, plan);
  if (!status.ok()) return status;
  if (!avcodec_find_encoder_by_name(row.encoder)) return Unsupported("not in this build of FFmpeg");
  // Also what nobody can open here, so that a machine with the device is not needed to see it.
  Log(LogCategory::kCodec, LogLevel::kDebug, "plan for " + plan->CacheKey());
  std::vector<Device> devices;
  status = FindDevices(row.kind, &devices);
  if (!status.ok()) return status;
  std::string reasons;
  for (const Device& device : devices) {
    plan->device = device;
    status = ProbeDevice("encode " + plan->CacheKey(), [plan = *plan] { return TryHardwareEncoder(plan); });
    if (status.ok() || status.code() == StatusCode::kOutOfMemory) return status;
    reasons += (reasons.empty() ? "" : "; ") + device.name() + ": " + status.message();
  }
  return Unsupported(reasons);
}

AVFramePtr GreyFrame(const VideoEncoderPlan& plan, int64_t index) {
  AVFramePtr frame = AllocatePoolFrame(plan.input_format, plan.config.width, plan.config.height);
  if (!frame) return nullptr;
  const PixelFormatInfo& info = GetPixelFormatInfo(plan.input_format);
  for (int plane = 0; plane < info.plane_count; plane++) {
    const size_t bytes = static_cast<size_t>(frame->linesize[plane]) * PlaneHeight(info.planes[plane], frame->height);
    if (info.bit_depth == 8) {
      std::fill_n(frame->data[plane], bytes, uint8_t{128});
    } else {
      std::fill_n(reinterpret_cast<uint16_t*>(frame->data[plane]), bytes / 2, uint16_t{512});
    }
  }
  frame->pts = static_cast<int64_t>(static_cast<double>(index) * 1e6 / FramerateOf(plan.config));
  return frame;
}

// The profile and the level that the stream says it has; that of Annex B as much as the other.
Status CheckParameterSets(const VideoEncoderPlan& plan, const std::vector<uint8_t>& sets) {
  VideoEncoderConfig config = plan.config;
  if (!IsNal(config)) return Status::Ok();
  config.annexb = false;
  std::vector<uint8_t> record;
  Status status = MakeDescription(config, sets, &record);
  if (!status.ok()) return status;
  // AVCDecoderConfigurationRecord and HEVCDecoderConfigurationRecord of ISO/IEC 14496-15.
  const bool h264 = config.codec == "h264";
  const int profile = h264 ? record[1] : record[1] & 0x1f;
  const int level = h264 ? record[3] : record[12];
  if (profile == config.profile && level <= config.level) return Status::Ok();
  return Unsupported("it makes profile " + std::to_string(profile) + " of level " + std::to_string(level));
}

}  // namespace

Status TryHardwareEncoder(const VideoEncoderPlan& plan) {
  constexpr int kFrames = 2;
  const std::unique_ptr<VideoEncoderBackend> encoder = CreateEncoder(plan);
  Status status = encoder->Open(plan, ColorSpace{});
  int packets = 0;
  std::vector<uint8_t> sets;
  const auto receive = [&] {
    EncodedPacket packet;
    if (!status.ok() || encoder->Receive(&packet, &status) != VideoEncoderBackend::Received::kPacket) return false;
    packets++;
    if (!packet.key) status = Unsupported("no key frame where one is asked for");
    if (sets.empty()) sets = encoder->parameter_sets();
    return status.ok();
  };
  for (int index = 0; index < kFrames && status.ok(); index++) {
    AVFramePtr frame = GreyFrame(plan, index);
    if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
    EncodeOptions options;
    options.key_frame = true;
    status = encoder->Send(frame.get(), options);
    if (plan.zero_delay && !receive() && status.ok()) status = Unsupported("no packet at once");
  }
  if (status.ok() && !plan.zero_delay) {
    status = encoder->BeginDrain();
    while (receive()) {
    }
  }
  if (status.ok() && packets != kFrames) status = Unsupported("packets are missing");
  return status.ok() ? CheckParameterSets(plan, sets) : status;
}

Status ResolveHardwareEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  std::string reasons;
  for (const Row& row : kEncoders) {
    if (config.codec != row.codec || (!config.encoder.empty() && config.encoder != row.encoder)) continue;
    Status status = ResolveRow(config, row, plan);
    LogChoice(*plan, status);
    if (status.ok() || status.code() == StatusCode::kOutOfMemory) return status;
    reasons += (reasons.empty() ? "" : "; ") + std::string(row.encoder) + ": " + status.message();
  }
  if (reasons.empty()) reasons = "no hardware encoder for " + config.codec;
  return Unsupported(reasons);
}

}  // namespace webcodecs
