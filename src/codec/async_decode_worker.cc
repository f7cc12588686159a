#include "codec/async_decode_worker.h"

#include <utility>

#include "codec/device_frames.h"
#include "media/decoded_frame.h"

namespace webcodecs {

namespace {

// Pictures that may wait for JavaScript at once.
constexpr int kMaxUndeliveredFrames = 16;
// Above the 16 frames that H.264 may reorder and the frames in frame threads.
constexpr size_t kFrameInfoBound = 64;

}  // namespace

AsyncDecodeWorker::AsyncDecodeWorker(std::shared_ptr<EnvState> env, int32_t codec_id)
    : AsyncWorker(std::move(env), codec_id), gate_(kMaxUndeliveredFrames) {}

void AsyncDecodeWorker::Configure(VideoDecoderConfig config) {
  Submit([this, config = std::move(config)] { EndTask(Failed() ? Status::Ok() : DoConfigure(config), ConfiguredEvent{}); });
}

void AsyncDecodeWorker::Decode(DecodeInput input) {
  Submit([this, input = std::move(input)]() mutable {
    Status status = Failed() || Stale() ? Status::Ok() : DoDecode(input);
    input.packet.reset();
    EndTask(status, DoneEvent{1});
  });
}

Status AsyncDecodeWorker::DoConfigure(const VideoDecoderConfig& config) {
  AVCodecContextPtr context;
  Status status = OpenVideoDecoder(config, &context);
  if (!status.ok()) return status;
  // What was decoded under the old configuration comes out before the new one begins.
  status = Drain();
  if (!status.ok()) return status;
  DestroyCodec();
  config_ = config;
  context_ = std::move(context);
  knows_reorder_delay_ = !config.description.empty();
  frame_info_.Begin(kFrameInfoBound);
  return Status::Ok();
}

Status AsyncDecodeWorker::DoDecode(DecodeInput& input) {
  if (!context_) return Status(StatusCode::kInternal, "decode before configure");
  AVPacket* packet = input.packet.get();
  // To FFmpeg an empty packet would be the end of the stream.
  if (packet->size == 0) return Status(StatusCode::kEncoding, "the chunk is empty");
  if (!std::exchange(knows_reorder_delay_, true)) {
    SetReorderDelay(config_, packet->data, static_cast<size_t>(packet->size), context_.get());
  }
  packet->pts = next_pts_++;
  packet->dts = packet->pts;
  frame_info_.Put(packet->pts, FrameInfo{input.timestamp, input.duration});
  bool end;
  int result;
  while ((result = avcodec_send_packet(context_.get(), packet)) == AVERROR(EAGAIN)) {
    Status status = ReceiveFrames(&end);
    if (!status.ok()) return status;
  }
  if (result < 0) return Status::FromAv(StatusCode::kEncoding, context_->codec->name, result);
  return ReceiveFrames(&end);
}

Status AsyncDecodeWorker::ReceiveFrames(bool* end) {
  *end = false;
  for (;;) {
    AVFramePtr frame(av_frame_alloc());
    if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
    const int result = avcodec_receive_frame(context_.get(), frame.get());
    if (result == AVERROR(EAGAIN)) return Status::Ok();
    if (result == AVERROR_EOF) {
      *end = true;
      return Status::Ok();
    }
    if (result < 0) return Status::FromAv(StatusCode::kEncoding, context_->codec->name, result);
    if (Stale()) continue;
    Status status = EmitFrame(std::move(frame));
    if (!status.ok()) return status;
  }
}

Status AsyncDecodeWorker::EmitFrame(AVFramePtr frame) {
  std::optional<FrameInfo> info = frame_info_.Take(frame->pts);
  // The second field of a picture that was decoded already has nothing to say.
  if (!info) return Status::Ok();
  if (config_.hardware_required) {
    Status status = ToSystemMemory(&frame);
    if (!status.ok()) return status;
  }

  FrameEvent event{};
  event.timestamp = info->timestamp;
  event.duration = info->duration;
  event.visible = VisibleRectOf(*frame);
  event.color = ColorSpaceOf(*frame);
  event.sar_numerator = frame->sample_aspect_ratio.num;
  event.sar_denominator = frame->sample_aspect_ratio.den;
  event.picture = Picture::FromAVFrame(std::move(frame));
  if (!event.picture) return Status(StatusCode::kOutOfMemory, "out of memory");
  event.gate = gate_.Enter();
  if (!Stale()) Post(std::move(event));
  return Status::Ok();
}

Status AsyncDecodeWorker::Drain() {
  if (!context_) return Status::Ok();
  int result = avcodec_send_packet(context_.get(), nullptr);
  if (result < 0 && result != AVERROR_EOF) {
    return Status::FromAv(StatusCode::kEncoding, context_->codec->name, result);
  }
  bool end = false;
  Status status = ReceiveFrames(&end);
  avcodec_flush_buffers(context_.get());
  frame_info_.Clear();
  return status;
}

void AsyncDecodeWorker::DestroyCodec() {
  context_.reset();
  frame_info_.Clear();
}

}  // namespace webcodecs
