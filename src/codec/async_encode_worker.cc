#include "codec/async_encode_worker.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "bitstream/packaging.h"
#include "media/alpha_plane.h"

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
  Status status = ResolveVideoEncoder(config, &plan);
  if (!status.ok()) return status;
  if (ChangeRate(plan)) return Status::Ok();
  // What was encoded under the old configuration comes out before the new one begins.
  status = Drain();
  if (!status.ok()) return status;
  DestroyCodec();
  plan_ = std::move(plan);
  configured_ = true;
  return Status::Ok();
}

bool AsyncEncodeWorker::ChangeRate(const VideoEncoderPlan& plan) {
  if (!encoder_ || !plan.DiffersInRateAlone(plan_)) return false;
  share_.Begin(plan.bitrate);
  if (!encoder_->ChangeRate(alpha_encoder_ ? share_.OfColor(plan) : plan)) return false;
  if (alpha_encoder_ && !alpha_encoder_->ChangeRate(share_.OfAlpha(plan))) return false;
  plan_ = plan;
  color_unlocked_ = true;
  return true;
}

Status AsyncEncodeWorker::OpenEncoders(const EncodeInput& first) {
  if (!color_) color_ = StreamColor(first.color, first.format);
  // Rate control has to expect some frame rate.
  if (plan_.config.framerate <= 0 && first.duration.value_or(0) > 0) {
    plan_.config.framerate = 1e6 / static_cast<double>(*first.duration);
  }
  auto encoder = CreateEncoder(plan_);
  share_.Begin(plan_.bitrate);
  Status status = encoder->Open(plan_.config.alpha ? share_.OfColor(plan_) : plan_, *color_);
  std::unique_ptr<VideoEncoderBackend> alpha_encoder;
  if (status.ok() && plan_.config.alpha) {
    alpha_encoder = CreateEncoder(plan_);
    status = alpha_encoder->Open(share_.OfAlpha(plan_), ColorSpace{kMatrixUnspecified, kMatrixUnspecified, kMatrixUnspecified, 1});
  }
  if (!status.ok()) return Status(StatusCode::kEncoding, status.message());
  encoder_ = std::move(encoder);
  alpha_encoder_ = std::move(alpha_encoder);
  converter_.Configure(plan_.config.width, plan_.config.height, plan_.input_format, *color_);
  const double framerate = FramerateOf(plan_.config);
  clock_.Begin(std::llround(1e6 / framerate));
  frame_info_.Begin(static_cast<size_t>(plan_.max_delay) + kFrameInfoMargin);
  return Status::Ok();
}

Status AsyncEncodeWorker::DoEncode(EncodeInput& input) {
  if (!configured_) return Status(StatusCode::kInternal, "encode before configure");
  if (encoder_ && input.options.key_frame && plan_.reopens_for_key_frame) {
    Status status = Drain();
    if (!status.ok()) return status;
  }
  if (std::exchange(color_unlocked_, false) && !(StreamColor(input.color, input.format) == *color_)) {
    Status status = Drain();
    if (!status.ok()) return status;
    CloseEncoders();
    color_.reset();
  }
  if (!encoder_) {
    Status status = OpenEncoders(input);
    if (!status.ok()) return status;
  }
  const int64_t pts = clock_.Next(input.timestamp);
  frame_info_.Put(pts, FrameInfo{input.timestamp, input.duration});
  Status status = EncodeColor(input, pts);
  if (status.ok() && alpha_encoder_) status = EncodeAlpha(input, pts);
  return status.ok() ? ReceivePackets() : status;
}

Status AsyncEncodeWorker::EncodeColor(EncodeInput& input, int64_t pts) {
  AVFramePtr frame;
  Status status = converter_.Convert(input.picture, input.format, input.visible, input.color, &frame);
  if (!status.ok()) return status;
  frame->pts = pts;
  return encoder_->Send(frame.get(), input.options);
}

Status AsyncEncodeWorker::EncodeAlpha(EncodeInput& input, int64_t pts) {
  AVFramePtr frame;
  Status status = ExtractAlpha(*input.picture, input.format, input.visible, plan_.config.width, plan_.config.height, &frame);
  if (!status.ok()) return status;
  frame->pts = pts;
  return alpha_encoder_->Send(frame.get(), input.options);
}

Status AsyncEncodeWorker::ReceivePackets() {
  Status status = ReceiveFrom(*encoder_, &AsyncEncodeWorker::TakeColorPacket);
  if (status.ok() && alpha_encoder_) status = ReceiveFrom(*alpha_encoder_, &AsyncEncodeWorker::TakeAlphaPacket);
  if (status.ok()) PostChunks();
  return status;
}

Status AsyncEncodeWorker::ReceiveFrom(VideoEncoderBackend& encoder,
                                      Status (AsyncEncodeWorker::*take)(const EncodedPacket&)) {
  for (;;) {
    EncodedPacket packet;
    Status status;
    switch (encoder.Receive(&packet, &status)) {
      case VideoEncoderBackend::Received::kPacket:
        if (!Stale()) status = (this->*take)(packet);
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

Status AsyncEncodeWorker::TakeColorPacket(const EncodedPacket& packet) {
  std::optional<FrameInfo> info = frame_info_.Take(packet.pts);
  if (!info) return Status(StatusCode::kInternal, "the encoder gave a packet for no frame");
  if (packet.key) {
    Status status = PostOutputConfig();
    if (!status.ok()) return status;
  }
  PoolBufferPtr data = PackagePacket(plan_.config, packet.data, packet.size, packet.key);
  if (!data) return Status(StatusCode::kOutOfMemory, "out of memory");
  ChunkEvent chunk{std::move(data), packet.key, info->timestamp, info->duration, packet.temporal_layer, nullptr};
  pending_chunks_.push_back({packet.pts, std::move(chunk)});
  return Status::Ok();
}

Status AsyncEncodeWorker::TakeAlphaPacket(const EncodedPacket& packet) {
  PoolBufferPtr data = PackagePacket(plan_.config, packet.data, packet.size, packet.key);
  if (!data) return Status(StatusCode::kOutOfMemory, "out of memory");
  alpha_packets_[packet.pts] = std::move(data);
  // The backends whose streams have an alpha take every change.
  if (share_.Took(packet.pts, int64_t{packet.size} * 8)) encoder_->ChangeRate(share_.OfColor(plan_));
  return Status::Ok();
}

void AsyncEncodeWorker::PostChunks() {
  while (!pending_chunks_.empty()) {
    PendingChunk& front = pending_chunks_.front();
    if (alpha_encoder_) {
      auto alpha = alpha_packets_.find(front.pts);
      if (alpha == alpha_packets_.end()) return;
      front.chunk.alpha = std::move(alpha->second);
      alpha_packets_.erase(alpha);
    }
    Post(std::move(front.chunk));
    pending_chunks_.pop_front();
  }
}

Status AsyncEncodeWorker::PostOutputConfig() {
  OutputConfigEvent next{{}, *color_};
  Status status = MakeDescription(plan_.config, encoder_->parameter_sets(), &next.description);
  if (!status.ok()) return status;
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
  if (status.ok() && alpha_encoder_) status = alpha_encoder_->BeginDrain();
  if (status.ok()) status = ReceivePackets();
  // Encoders do not take frames again after a drain: the next frame opens a new one.
  CloseEncoders();
  return status;
}

void AsyncEncodeWorker::CloseEncoders() {
  encoder_.reset();
  alpha_encoder_.reset();
  pending_chunks_.clear();
  alpha_packets_.clear();
  frame_info_.Clear();
}

void AsyncEncodeWorker::DestroyCodec() {
  CloseEncoders();
  color_.reset();
  color_unlocked_ = false;
  output_config_.reset();
  configured_ = false;
}

}  // namespace webcodecs
