#include "codec/async_encode_worker.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "bitstream/h264.h"

namespace webcodecs {

namespace {

// More than any encoder's own delay beyond what its plan tells.
constexpr int kFrameInfoMargin = 32;

// The colour of the stream that begins with a frame of this colour. Frames in RGB are coded as BT.709 in limited
// range, their sRGB transfer kept.
ColorSpace StreamColor(const ColorSpace& frame, PixelFormat format) {
  ColorSpace color = frame;
  if (GetPixelFormatInfo(format).is_rgb) {
    color.matrix = kMatrixBt709;
    color.full_range = 0;
  }
  if (color.matrix == kMatrixUnspecified) color.matrix = kMatrixBt709;
  if (color.full_range < 0) color.full_range = 0;
  return color;
}

}  // namespace

void AsyncEncodeWorker::Configure(VideoEncoderConfig config) {
  Submit([this, config = std::move(config)] { EndTask(Failed() ? Status::Ok() : DoConfigure(config), ConfiguredEvent{}); });
}

void AsyncEncodeWorker::Encode(EncodeInput input) {
  Submit([this, input = std::move(input)]() mutable {
    Status status = Failed() || Stale() ? Status::Ok() : DoEncode(input);
    input.picture.reset();
    EndTask(status, DoneEvent{1});
  });
}

Status AsyncEncodeWorker::DoConfigure(const VideoEncoderConfig& config) {
  VideoEncoderPlan plan;
  Status status = PlanVideoEncoder(config, &plan);
  if (status.ok()) status = ProbeVideoEncoder(plan);
  if (!status.ok()) return status;
  // What was encoded under the old configuration comes out before the new one begins.
  status = Drain();
  if (!status.ok()) return status;
  DestroyCodec();
  plan_ = std::move(plan);
  configured_ = true;
  return Status::Ok();
}

Status AsyncEncodeWorker::OpenEncoder(const ColorSpace& first_frame, PixelFormat format) {
  if (!color_) color_ = StreamColor(first_frame, format);
  auto encoder = CreateAvcodecEncoder();
  Status status = encoder->Open(plan_, *color_);
  if (!status.ok()) return Status(StatusCode::kEncoding, status.message());
  encoder_ = std::move(encoder);
  converter_.Configure(plan_.config.width, plan_.config.height, plan_.input_format, *color_);
  const double framerate = plan_.config.framerate > 0 ? plan_.config.framerate : kDefaultFramerate;
  clock_.Begin(std::llround(1e6 / framerate));
  frame_info_.Begin(static_cast<size_t>(plan_.max_delay) + kFrameInfoMargin);
  return Status::Ok();
}

Status AsyncEncodeWorker::DoEncode(EncodeInput& input) {
  if (!configured_) return Status(StatusCode::kInternal, "encode before configure");
  if (!encoder_) {
    Status status = OpenEncoder(input.color, input.format);
    if (!status.ok()) return status;
  }
  AVFramePtr frame;
  Status status = converter_.Convert(input.picture, input.format, input.visible, input.color, &frame);
  if (!status.ok()) return status;
  frame->pts = clock_.Next(input.timestamp);
  frame_info_.Put(frame->pts, FrameInfo{input.timestamp, input.duration});
  status = encoder_->Send(frame.get(), input.options);
  if (!status.ok()) return status;
  frame.reset();
  return ReceivePackets();
}

Status AsyncEncodeWorker::ReceivePackets() {
  for (;;) {
    EncodedPacket packet;
    Status status;
    switch (encoder_->Receive(&packet, &status)) {
      case VideoEncoderBackend::Received::kPacket:
        if (Stale()) break;
        status = EmitPacket(packet);
        if (!status.ok()) return status;
        break;
      case VideoEncoderBackend::Received::kError:
        return status;
      case VideoEncoderBackend::Received::kNeedsInput:
      case VideoEncoderBackend::Received::kEnd:
        return Status::Ok();
    }
  }
}

Status AsyncEncodeWorker::EmitPacket(const EncodedPacket& packet) {
  std::optional<FrameInfo> info = frame_info_.Take(packet.pts);
  if (!info) return Status(StatusCode::kInternal, "the encoder gave a packet for no frame");
  if (packet.key) {
    Status status = EmitOutputConfig();
    if (!status.ok()) return status;
  }
  PoolBufferPtr data;
  if (plan_.config.annexb) {
    data = FramePool::Global().Acquire(static_cast<size_t>(packet.size));
    if (data) std::memcpy(data->data(), packet.data, static_cast<size_t>(packet.size));
    if (data && packet.key) h264::AddConstraintFlags(data->data(), data->size(), plan_.config.constraints);
  } else {
    data = h264::AnnexBToLengthPrefixed(packet.data, static_cast<size_t>(packet.size));
  }
  if (!data) return Status(StatusCode::kOutOfMemory, "out of memory");
  Post(ChunkEvent{std::move(data), packet.key, info->timestamp, info->duration});
  return Status::Ok();
}

Status AsyncEncodeWorker::EmitOutputConfig() {
  OutputConfigEvent next{{}, *color_};
  if (!plan_.config.annexb) {
    std::vector<uint8_t> sets = encoder_->parameter_sets();
    // The plan keeps to the constraints of the codec string; x264 does not signal all of them.
    h264::AddConstraintFlags(sets.data(), sets.size(), plan_.config.constraints);
    next.description = h264::MakeAvcC(sets.data(), sets.size());
    if (next.description.empty()) return Status(StatusCode::kInternal, "the encoder gave no parameter sets");
  }
  const bool same = output_config_ && output_config_->description == next.description &&
                    output_config_->color == next.color;
  if (same) return Status::Ok();
  output_config_ = next;
  Post(std::move(next));
  return Status::Ok();
}

Status AsyncEncodeWorker::Drain() {
  // With no delay there is nothing pending, and the encoder goes on without a key frame that nobody asked for.
  if (!encoder_ || plan_.zero_delay) return Status::Ok();
  Status status = encoder_->BeginDrain();
  if (status.ok()) status = ReceivePackets();
  // libavcodec's encoders do not take frames again after a drain: the next frame opens a new one.
  encoder_.reset();
  frame_info_.Clear();
  return status;
}

void AsyncEncodeWorker::DestroyCodec() {
  encoder_.reset();
  frame_info_.Clear();
  color_.reset();
  output_config_.reset();
  configured_ = false;
}

}  // namespace webcodecs
