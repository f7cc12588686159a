#include "plan/hardware_decoder.h"

#include <cstdint>
#include <string>
#include <vector>

#include "codec/device_frames.h"
#include "plan/hardware_device.h"
#include "plan/hardware_probe.h"
#include "plan/probe_pictures.h"
#include "util/log.h"

namespace webcodecs {

namespace {

// In the order of preference within a kind. Those without a suffix are FFmpeg's own, which hand the work to a device.
struct Row {
  DeviceKind kind;
  const char* codec;
  const char* decoder;
};
constexpr Row kDecoders[] = {
    {DeviceKind::kCuda, "h264", "h264"},
    {DeviceKind::kCuda, "hevc", "hevc"},
    {DeviceKind::kCuda, "vp8", "vp8"},
    {DeviceKind::kCuda, "vp9", "vp9"},
    {DeviceKind::kCuda, "av1", "av1"},
    {DeviceKind::kVaapi, "h264", "h264"},
    {DeviceKind::kVaapi, "hevc", "hevc"},
    {DeviceKind::kVaapi, "vp8", "vp8"},
    {DeviceKind::kVaapi, "vp9", "vp9"},
    {DeviceKind::kVaapi, "av1", "av1"},
    {DeviceKind::kQsv, "h264", "h264_qsv"},
    {DeviceKind::kQsv, "hevc", "hevc_qsv"},
    {DeviceKind::kQsv, "vp8", "vp8_qsv"},
    {DeviceKind::kQsv, "vp9", "vp9_qsv"},
    {DeviceKind::kQsv, "av1", "av1_qsv"},
    {DeviceKind::kV4l2m2m, "h264", "h264_v4l2m2m"},
    {DeviceKind::kV4l2m2m, "hevc", "hevc_v4l2m2m"},
    {DeviceKind::kV4l2m2m, "vp8", "vp8_v4l2m2m"},
    {DeviceKind::kV4l2m2m, "vp9", "vp9_v4l2m2m"},
    {DeviceKind::kVideoToolbox, "h264", "h264"},
    {DeviceKind::kVideoToolbox, "hevc", "hevc"},
    {DeviceKind::kVideoToolbox, "vp9", "vp9"},
    {DeviceKind::kVideoToolbox, "av1", "av1"},
};

Status Unsupported(const std::string& what) { return Status(StatusCode::kNotSupported, what); }

// Decoders of a device's own give frames in system memory; the others are told which of their formats is the device's.
bool HasOwnDecoders(DeviceKind kind) { return kind == DeviceKind::kQsv || kind == DeviceKind::kV4l2m2m; }

// The format of frames in the memory of such a device; AV_PIX_FMT_NONE where the decoder knows no such device.
AVPixelFormat DeviceFormat(const AVCodec* codec, AVHWDeviceType type) {
  for (int i = 0;; i++) {
    const AVCodecHWConfig* config = avcodec_get_hw_config(codec, i);
    if (!config) return AV_PIX_FMT_NONE;
    if (config->device_type == type && (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX)) {
      return config->pix_fmt;
    }
  }
}

bool Contains(const AVPixelFormat* formats, AVPixelFormat wanted) {
  while (*formats != AV_PIX_FMT_NONE && *formats != wanted) formats++;
  return *formats == wanted;
}

// Called by FFmpeg with what the stream can be decoded to; without the device's format there is nothing to choose.
AVPixelFormat ChooseDeviceFormat(AVCodecContext* context, const AVPixelFormat* formats) {
  const auto wanted = static_cast<AVPixelFormat>(reinterpret_cast<intptr_t>(context->opaque));
  return Contains(formats, wanted) ? wanted : AV_PIX_FMT_NONE;
}

AVPixelFormat ChooseSystemFormat(AVCodecContext*, const AVPixelFormat* formats) {
  for (; *formats != AV_PIX_FMT_NONE; formats++) {
    if (!(av_pix_fmt_desc_get(*formats)->flags & AV_PIX_FMT_FLAG_HWACCEL)) return *formats;
  }
  return AV_PIX_FMT_NONE;
}

Status OpenOnDevice(const VideoDecoderConfig& config, const AVCodec* codec, const Device& device,
                    AVCodecContextPtr* out) {
  AVCodecContextPtr context;
  Status status = NewDecoderContext(config, codec, &context);
  if (!status.ok()) return status;
  AVBufferRefPtr handle;
  status = OpenDevice(device, &handle);
  if (!status.ok()) return status;
  if (handle) {
    context->hw_device_ctx = av_buffer_ref(handle.get());
    if (!context->hw_device_ctx) return Status(StatusCode::kOutOfMemory, "out of memory");
  }
  // The device has threads of its own.
  context->thread_count = 1;
  // Packets are numbered, and some decoders count in 90,000ths of a second: finer numbers would become equal.
  context->pkt_timebase = {1, 90000};
  if (HasOwnDecoders(device.kind)) {
    context->get_format = ChooseSystemFormat;
  } else {
    const AVPixelFormat format = DeviceFormat(codec, DeviceType(device.kind));
    if (format == AV_PIX_FMT_NONE) return Unsupported("not in this build of FFmpeg");
    context->opaque = reinterpret_cast<void*>(static_cast<intptr_t>(format));
    context->get_format = ChooseDeviceFormat;
  }
  const int result = avcodec_open2(context.get(), codec, nullptr);
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, codec->name, result);
  *out = std::move(context);
  return Status::Ok();
}

// Decodes a picture that is known, and looks at what comes.
Status TryDecoder(const VideoDecoderConfig& config, const ProbePicture& picture, const AVCodec* codec,
                  const Device& device) {
  AVCodecContextPtr context;
  Status status = OpenOnDevice(config, codec, device, &context);
  if (!status.ok()) return status;
  AVPacketPtr packet(av_packet_alloc());
  AVFramePtr frame(av_frame_alloc());
  if (!packet || !frame || av_new_packet(packet.get(), static_cast<int>(picture.size)) < 0) {
    return Status(StatusCode::kOutOfMemory, "out of memory");
  }
  std::copy_n(picture.data, picture.size, packet->data);
  packet->flags |= AV_PKT_FLAG_KEY;
  packet->pts = packet->dts = 0;
  int result = avcodec_send_packet(context.get(), packet.get());
  if (result >= 0) result = avcodec_send_packet(context.get(), nullptr);
  if (result >= 0) result = avcodec_receive_frame(context.get(), frame.get());
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, "it does not decode", result);
  status = ToSystemMemory(&frame);
  if (!status.ok()) return status;
  return IsProbePicture(*frame, config.bit_depth) ? Status::Ok() : Unsupported("it decodes to another picture");
}

Status OpenRow(const VideoDecoderConfig& config, const Row& row, AVCodecContextPtr* out) {
  const AVCodec* codec = avcodec_find_decoder_by_name(row.decoder);
  if (!codec) return Unsupported("not in this build of FFmpeg");
  const ProbePicture* picture = FindProbePicture(config.codec, config.bit_depth, config.chroma);
  if (!picture) return Unsupported("only 4:2:0 in 8 bits, and 10 bits but for H.264");
  std::vector<Device> devices;
  Status status = FindDevices(row.kind, &devices);
  if (!status.ok()) return status;
  // The probe's stream brings its parameter sets with it, and its size and delay are its own.
  VideoDecoderConfig probed;
  probed.codec = config.codec;
  probed.bit_depth = config.bit_depth;
  std::string reasons;
  for (const Device& device : devices) {
    const std::string key = "decode " + device.name() + ' ' + row.decoder + ' ' + std::to_string(config.bit_depth);
    status = ProbeDevice(key, [=] { return TryDecoder(probed, *picture, codec, device); });
    if (status.ok()) status = OpenOnDevice(config, codec, device, out);
    if (status.ok() || status.code() == StatusCode::kOutOfMemory) return status;
    reasons += (reasons.empty() ? "" : "; ") + device.name() + ": " + status.message();
  }
  return Unsupported(reasons);
}

}  // namespace

Status OpenHardwareDecoder(const VideoDecoderConfig& config, AVCodecContextPtr* out) {
  std::string reasons;
  for (const Row& row : kDecoders) {
    if (config.codec != row.codec) continue;
    Status status = OpenRow(config, row, out);
    const std::string name = Device{row.kind, ""}.name() + ' ' + row.decoder;
    Log(LogCategory::kCodec, status.ok() ? LogLevel::kDebug : LogLevel::kInfo,
        name + (status.ok() ? " decodes " : " does not decode ") + config.codec + ' ' + std::to_string(config.bit_depth) +
            " bits" + (status.ok() ? "" : ": " + status.message()));
    if (status.ok() || status.code() == StatusCode::kOutOfMemory) return status;
    reasons += (reasons.empty() ? "" : "; ") + name + ": " + status.message();
  }
  return Unsupported(reasons);
}

}  // namespace webcodecs
