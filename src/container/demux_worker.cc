#include "container/demux_worker.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "container/time_unit.h"
#include "container/track_info.h"

namespace webcodecs {
namespace {

// What one read may bring at once; a packet more when it is larger.
constexpr int64_t kMaxBytesPerRead = 8 << 20;

int64_t ToMicroseconds(int64_t time, AVRational time_base) {
  return av_rescale_q_rnd(time, time_base, kMicroseconds,
                          static_cast<AVRounding>(AV_ROUND_NEAR_INF | AV_ROUND_PASS_MINMAX));
}

// Whether packets of the container may lack presentation timestamps, and the codec shows pictures in another order than it
// codes them.
bool LacksPresentationTimes(const AVInputFormat& format, const AVCodecParameters& parameters) {
  if (parameters.codec_id != AV_CODEC_ID_H264 && parameters.codec_id != AV_CODEC_ID_HEVC) return false;
  constexpr const char* kFormats[] = {"avi", "asf", "mpeg", "h264", "hevc"};
  return std::any_of(std::begin(kFormats), std::end(kFormats),
                     [&format](const char* name) { return std::strcmp(format.name, name) == 0; });
}

}  // namespace

void DemuxWorker::Open(MediaInputOptions options, std::shared_ptr<ByteSource> bytes) {
  {
    std::lock_guard<std::mutex> lock(input_mutex_);
    bytes_ = std::move(bytes);
    input_ = std::make_shared<MediaInput>(bytes_);
  }
  Submit([this, options = std::move(options)] {
    const Status status = Failed() ? Status::Ok() : DoOpen(options);
    if (status.ok() && !Failed())
      Post(DescribeInput(*input_), 1);
    else
      EndTask(status, DoneEvent{0});
  });
}

void DemuxWorker::Start(int32_t epoch, std::vector<int> tracks, std::optional<int64_t> from_us) {
  wanted_epoch_ = epoch;
  Submit([this, epoch, tracks = std::move(tracks), from_us] {
    Status status = Failed() ? Status::Ok() : DoStart(epoch, tracks, from_us);
    // A seek that fails leaves everything as it is.
    EndTask(Status::Ok(), InputStartedEvent{epoch, std::move(status)});
  });
}

void DemuxWorker::Read(int32_t epoch, int count) {
  Submit([this, epoch, count] { EndTask(Failed() ? Status::Ok() : DoRead(epoch, count), DoneEvent{count}); });
}

void DemuxWorker::Feed(int32_t request_id, std::vector<uint8_t> bytes, int error) {
  if (auto* source = dynamic_cast<JsByteSource*>(bytes_.get())) source->Feed(request_id, std::move(bytes), error);
}

void DemuxWorker::Ask(BytesWantedEvent event) { Post(std::move(event)); }

Status DemuxWorker::DoOpen(const MediaInputOptions& options) {
  Status status = input_->Open(options);
  if (!status.ok()) return status;
  const AVFormatContext& context = *input_->context();
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVStream& stream = *context.streams[i];
    Track track{stream.time_base, nullptr, std::nullopt};
    if (LacksPresentationTimes(*context.iformat, *stream.codecpar)) {
      const AVRational rate = Formats().av_guess_frame_rate(input_->context(), context.streams[i], nullptr);
      const int64_t duration = rate.num > 0 ? av_rescale_q(1, av_inv_q(rate), stream.time_base) : 1;
      track.order = PresentationOrder::Make(*stream.codecpar, stream.time_base, duration);
    }
    tracks_.push_back(std::move(track));
  }
  return Status::Ok();
}

Status DemuxWorker::DoStart(int32_t epoch, const std::vector<int>& tracks, std::optional<int64_t> from_us) {
  if (epoch != wanted_epoch_) return Status::Ok();
  AVFormatContext* context = input_->context();
  if (!context) return Status(StatusCode::kInternal, "start before open");
  for (unsigned i = 0; i < context->nb_streams; ++i) {
    const bool is_wanted = std::find(tracks.begin(), tracks.end(), static_cast<int>(i)) != tracks.end();
    context->streams[i]->discard = is_wanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  if (!from_us) return Status::Ok();
  Status status = input_->Seek(*from_us);
  if (!status.ok()) return status;
  ready_.clear();
  ended_ = false;
  for (Track& track : tracks_) {
    if (track.order) track.order->Clear();
    track.next_pts.reset();
  }
  return status;
}

Status DemuxWorker::DoRead(int32_t epoch, int count) {
  if (!input_->context()) return Status(StatusCode::kInternal, "read before open");
  int64_t bytes = 0;
  while (count > 0 && bytes < kMaxBytesPerRead && !Stale() && epoch == wanted_epoch_) {
    bool end = false;
    Status status = Advance(&end);
    if (!status.ok()) return status;
    if (end) {
      Post(InputEndedEvent{epoch});
      return Status::Ok();
    }
    AVPacketPtr packet = std::move(ready_.front());
    ready_.pop_front();
    bytes += packet->size;
    --count;
    PostPacket(epoch, std::move(packet));
  }
  return Status::Ok();
}

Status DemuxWorker::Advance(bool* end) {
  *end = false;
  while (ready_.empty() && !ended_) {
    AVPacketPtr packet(av_packet_alloc());
    if (!packet) return Status(StatusCode::kOutOfMemory, "out of memory");
    Status status = input_->ReadPacket(packet.get(), &ended_);
    if (!status.ok()) return status;
    if (!ended_) {
      GiveTime(std::move(packet));
      continue;
    }
    for (Track& track : tracks_) {
      if (track.order) track.order->Flush(&ready_);
    }
  }
  *end = ready_.empty();
  return Status::Ok();
}

void DemuxWorker::GiveTime(AVPacketPtr packet) {
  // A stream that appears in mid-file was not announced: nobody could have chosen it.
  if (static_cast<size_t>(packet->stream_index) >= tracks_.size()) return;
  // What was read ahead for the probe is not discarded by libavformat.
  if (input_->context()->streams[packet->stream_index]->discard == AVDISCARD_ALL) return;
  Track& track = tracks_[static_cast<size_t>(packet->stream_index)];
  if (track.order) return track.order->Push(std::move(packet), &ready_);
  if (packet->pts == AV_NOPTS_VALUE) packet->pts = packet->dts;
  if (packet->pts == AV_NOPTS_VALUE) packet->pts = track.next_pts.value_or(0);
  track.next_pts = packet->pts + std::max<int64_t>(packet->duration, 0);
  ready_.push_back(std::move(packet));
}

void DemuxWorker::PostPacket(int32_t epoch, AVPacketPtr packet) {
  const AVRational time_base = tracks_[static_cast<size_t>(packet->stream_index)].time_base;
  PacketEvent event;
  event.epoch = epoch;
  event.track = packet->stream_index;
  event.timestamp = ToMicroseconds(packet->pts, time_base);
  if (packet->duration > 0) event.duration = ToMicroseconds(packet->duration, time_base);
  event.packet = std::move(packet);
  Post(std::move(event));
}

void DemuxWorker::DestroyCodec() {
  ready_.clear();
  tracks_.clear();
  std::shared_ptr<MediaInput> input;
  {
    std::lock_guard<std::mutex> lock(input_mutex_);
    input.swap(input_);
  }
  // Nothing is wanted of it any more: a server is not waited for to close it.
  if (input) input->Interrupt();
}

void DemuxWorker::Interrupt() {
  std::lock_guard<std::mutex> lock(input_mutex_);
  if (input_) input_->Interrupt();
}

}  // namespace webcodecs
