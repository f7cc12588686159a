// For libraries that take their frames to come at the rate they were told, and whose bitrate cannot be changed: finds
// the frame rate out before the encoder begins, and begins another one where it turns out to be different for good.
#include <cmath>
#include <cstring>
#include <deque>
#include <utility>

#include "codec/encoder.h"
#include "codec/frame_intervals.h"
#include "media/frame_pool.h"

namespace webcodecs {

namespace {

// Held back before the first is encoded; fewer where they last longer.
constexpr size_t kMeasuredFrames = 32;
constexpr double kMeasuredMicroseconds = 2e6;
// The rate of the last frames.
constexpr double kMemory = 48;
// By how much the bitrate may be off on account of the frame rate, at first and in the long run.
constexpr double kFirstTolerance = 0.02;
constexpr double kTolerance = 0.08;
// Each new encoder costs a key frame.
constexpr double kShortestStretch = 3e6;

class SteadyRateEncoder final : public VideoEncoderBackend {
 public:
  explicit SteadyRateEncoder(CreateFunction create) : create_(create) {}
  Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) override;
  Status Send(AVFrame* frame, const EncodeOptions& options) override;
  Received Receive(EncodedPacket* out, Status* status) override;
  Status BeginDrain() override;
  std::vector<uint8_t> parameter_sets() const override { return encoder_->parameter_sets(); }

 private:
  struct HeldFrame {
    AVFramePtr frame;
    EncodeOptions options;
  };
  struct HeldPacket {
    PoolBufferPtr data;
    EncodedPacket packet;
  };

  Status BeginEncoder(double interval);
  Status EndEncoder();
  // Encodes what was held back, at the rate that was measured.
  Status EndMeasuring();
  Status SendOn(AVFrame* frame, const EncodeOptions& options);
  // Keeps the packets that are ready.
  Status Collect();
  double told_interval() const { return 1e6 / FramerateOf(plan_.config); }

  CreateFunction create_;
  VideoEncoderPlan plan_;
  ColorSpace color_;
  std::unique_ptr<VideoEncoderBackend> encoder_;
  bool measuring_ = true;
  std::vector<HeldFrame> held_;
  FollowedIntervals intervals_;
  // Since the encoder began: the time that went by, and what it believes.
  double real_ = 0, told_ = 0;
  std::deque<HeldPacket> packets_;
  PoolBufferPtr current_;
};

Status SteadyRateEncoder::Open(const VideoEncoderPlan& plan, const ColorSpace& color) {
  plan_ = plan;
  color_ = color;
  encoder_ = create_();
  intervals_.Begin(told_interval(), kMemory);
  return encoder_->Open(plan_, color_);
}

Status SteadyRateEncoder::BeginEncoder(double interval) {
  plan_.config.framerate = 1e6 / interval;
  encoder_.reset();
  encoder_ = create_();
  return encoder_->Open(plan_, color_);
}

Status SteadyRateEncoder::Collect() {
  for (;;) {
    EncodedPacket packet;
    Status status;
    const Received received = encoder_->Receive(&packet, &status);
    if (received == Received::kError) return status;
    if (received != Received::kPacket) return Status::Ok();
    const size_t size = static_cast<size_t>(packet.size);
    PoolBufferPtr data = FramePool::Global().Acquire(size, AllocationKind::kChunk);
    if (!data) return Status(StatusCode::kOutOfMemory, "out of memory");
    std::memcpy(data->data(), packet.data, size);
    packets_.push_back({std::move(data), packet});
  }
}

Status SteadyRateEncoder::EndEncoder() {
  Status status = encoder_->BeginDrain();
  return status.ok() ? Collect() : status;
}

Status SteadyRateEncoder::SendOn(AVFrame* frame, const EncodeOptions& options) {
  told_ += told_interval();
  Status status = encoder_->Send(frame, options);
  return status.ok() ? Collect() : status;
}

Status SteadyRateEncoder::EndMeasuring() {
  measuring_ = false;
  Status status;
  if (std::abs(intervals_.average() / told_interval() - 1) > kFirstTolerance) status = BeginEncoder(intervals_.average());
  real_ = intervals_.average() * static_cast<double>(held_.size());
  for (HeldFrame& held : std::exchange(held_, {})) {
    if (status.ok()) status = SendOn(held.frame.get(), held.options);
  }
  return status;
}

Status SteadyRateEncoder::Send(AVFrame* frame, const EncodeOptions& options) {
  const double interval = intervals_.Next(frame->pts);
  if (measuring_) {
    AVFramePtr copy(av_frame_clone(frame));
    if (!copy) return Status(StatusCode::kOutOfMemory, "out of memory");
    held_.push_back({std::move(copy), options});
    real_ += interval;
    const bool enough = held_.size() >= kMeasuredFrames || (held_.size() > 1 && real_ >= kMeasuredMicroseconds);
    return enough ? EndMeasuring() : Status::Ok();
  }
  real_ += interval;
  if (real_ > kShortestStretch && std::abs(real_ / (told_ + told_interval()) - 1) > kTolerance) {
    Status status = EndEncoder();
    if (status.ok()) status = BeginEncoder(intervals_.average());
    if (!status.ok()) return status;
    real_ = interval;
    told_ = 0;
  }
  return SendOn(frame, options);
}

VideoEncoderBackend::Received SteadyRateEncoder::Receive(EncodedPacket* out, Status* status) {
  if (packets_.empty()) return measuring_ ? Received::kNeedsInput : encoder_->Receive(out, status);
  current_ = std::move(packets_.front().data);
  *out = packets_.front().packet;
  out->data = current_->data();
  packets_.pop_front();
  return Received::kPacket;
}

Status SteadyRateEncoder::BeginDrain() {
  Status status = measuring_ ? EndMeasuring() : Status::Ok();
  return status.ok() ? encoder_->BeginDrain() : status;
}

}  // namespace

std::unique_ptr<VideoEncoderBackend> CreateSteadyRateEncoder(CreateFunction create) {
  return std::make_unique<SteadyRateEncoder>(create);
}

}  // namespace webcodecs
