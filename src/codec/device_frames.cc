#include "codec/device_frames.h"

#include <cstdint>
#include <utility>

#include "media/picture.h"

namespace webcodecs {

namespace {

// FFmpeg's number of surfaces for an encoder and what feeds it.
constexpr int kSurfaces = 20;
// P010 has its ten bits at the upper end of each word.
constexpr int kP010Shift = 6;

Status OutOfMemory() { return Status(StatusCode::kOutOfMemory, "out of memory"); }

const uint16_t* Row(const AVFrame& frame, int plane, int y) {
  return reinterpret_cast<const uint16_t*>(frame.data[plane] + static_cast<ptrdiff_t>(y) * frame.linesize[plane]);
}
uint16_t* Row(AVFrame* frame, int plane, int y) {
  return reinterpret_cast<uint16_t*>(frame->data[plane] + static_cast<ptrdiff_t>(y) * frame->linesize[plane]);
}

// From I420P10 to the layout of devices: two planes, like NV12.
Status ToP010(AVFramePtr* frame) {
  const AVFrame& from = **frame;
  AVFramePtr to(av_frame_alloc());
  if (!to) return OutOfMemory();
  to->format = AV_PIX_FMT_P010;
  to->width = from.width;
  to->height = from.height;
  if (av_frame_get_buffer(to.get(), 0) < 0 || av_frame_copy_props(to.get(), &from) < 0) return OutOfMemory();
  for (int y = 0; y < from.height; y++) {
    const uint16_t* source = Row(from, 0, y);
    uint16_t* target = Row(to.get(), 0, y);
    for (int x = 0; x < from.width; x++) target[x] = static_cast<uint16_t>(source[x] << kP010Shift);
  }
  for (int y = 0; y < (from.height + 1) / 2; y++) {
    const uint16_t *u = Row(from, 1, y), *v = Row(from, 2, y);
    uint16_t* target = Row(to.get(), 1, y);
    for (int x = 0; x < (from.width + 1) / 2; x++) {
      target[2 * x] = static_cast<uint16_t>(u[x] << kP010Shift);
      target[2 * x + 1] = static_cast<uint16_t>(v[x] << kP010Shift);
    }
  }
  *frame = std::move(to);
  return Status::Ok();
}

Status FromP010(AVFramePtr* frame) {
  const AVFrame& from = **frame;
  AVFramePtr to = AllocatePoolFrame(PixelFormat::kI420P10, from.width, from.height);
  if (!to || av_frame_copy_props(to.get(), &from) < 0) return OutOfMemory();
  for (int y = 0; y < from.height; y++) {
    const uint16_t* source = Row(from, 0, y);
    uint16_t* target = Row(to.get(), 0, y);
    for (int x = 0; x < from.width; x++) target[x] = static_cast<uint16_t>(source[x] >> kP010Shift);
  }
  for (int y = 0; y < (from.height + 1) / 2; y++) {
    const uint16_t* source = Row(from, 1, y);
    uint16_t *u = Row(to.get(), 1, y), *v = Row(to.get(), 2, y);
    for (int x = 0; x < (from.width + 1) / 2; x++) {
      u[x] = static_cast<uint16_t>(source[2 * x] >> kP010Shift);
      v[x] = static_cast<uint16_t>(source[2 * x + 1] >> kP010Shift);
    }
  }
  *frame = std::move(to);
  return Status::Ok();
}

}  // namespace

Status DeviceInput::Open(const VideoEncoderPlan& plan, AVCodecContext* context) {
  format_ = plan.input_format == PixelFormat::kI420P10 ? AV_PIX_FMT_P010 : GetPixelFormatInfo(plan.input_format).av_format;
  context->pix_fmt = format_;
  AVBufferRefPtr device;
  Status status = OpenDevice(plan.device, &device);
  if (!status.ok() || !device) return status;
  context->hw_device_ctx = av_buffer_ref(device.get());
  if (!context->hw_device_ctx) return OutOfMemory();
  if (!plan.uploads_frames) return Status::Ok();

  frames_.reset(av_hwframe_ctx_alloc(device.get()));
  if (!frames_) return OutOfMemory();
  auto* frames = reinterpret_cast<AVHWFramesContext*>(frames_->data);
  // VA-API is the one kind that takes nothing else.
  frames->format = AV_PIX_FMT_VAAPI;
  frames->sw_format = format_;
  frames->width = context->width;
  frames->height = context->height;
  frames->initial_pool_size = kSurfaces;
  const int result = av_hwframe_ctx_init(frames_.get());
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, "the device's memory", result);
  context->pix_fmt = frames->format;
  context->hw_frames_ctx = av_buffer_ref(frames_.get());
  return context->hw_frames_ctx ? Status::Ok() : OutOfMemory();
}

Status DeviceInput::Convert(AVFramePtr* frame) const {
  if (format_ == AV_PIX_FMT_P010) {
    Status status = ToP010(frame);
    if (!status.ok()) return status;
  }
  if (!frames_) return Status::Ok();
  AVFramePtr uploaded(av_frame_alloc());
  if (!uploaded) return OutOfMemory();
  int result = av_hwframe_get_buffer(frames_.get(), uploaded.get(), 0);
  if (result >= 0) result = av_hwframe_transfer_data(uploaded.get(), frame->get(), 0);
  if (result >= 0) result = av_frame_copy_props(uploaded.get(), frame->get());
  if (result < 0) return Status::FromAv(StatusCode::kEncoding, "the way into the device's memory", result);
  *frame = std::move(uploaded);
  return Status::Ok();
}

Status ToSystemMemory(AVFramePtr* frame) {
  if ((*frame)->hw_frames_ctx) {
    const auto format = reinterpret_cast<AVHWFramesContext*>((*frame)->hw_frames_ctx->data)->sw_format;
    const PixelFormat known = PixelFormatFromAv(format);
    // What the specification has no name for gets memory of FFmpeg's.
    AVFramePtr out = known == PixelFormat::kUnknown ? AVFramePtr(av_frame_alloc())
                                                    : AllocatePoolFrame(known, (*frame)->width, (*frame)->height);
    if (!out) return OutOfMemory();
    int result = av_hwframe_transfer_data(out.get(), frame->get(), 0);
    if (result >= 0) result = av_frame_copy_props(out.get(), frame->get());
    if (result < 0) return Status::FromAv(StatusCode::kEncoding, "the way out of the device's memory", result);
    // These are no properties to FFmpeg.
    out->crop_left = (*frame)->crop_left;
    out->crop_right = (*frame)->crop_right;
    out->crop_top = (*frame)->crop_top;
    out->crop_bottom = (*frame)->crop_bottom;
    *frame = std::move(out);
  }
  return (*frame)->format == AV_PIX_FMT_P010 ? FromP010(frame) : Status::Ok();
}

}  // namespace webcodecs
