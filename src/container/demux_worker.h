// One demuxer's thread: opens an input, and reads as many packets as JavaScript asks for.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "codec/async_worker.h"
#include "container/container_events.h"
#include "container/js_byte_source.h"
#include "container/media_input.h"
#include "container/presentation_order.h"

namespace webcodecs {

class DemuxWorker final : public AsyncWorker {
 public:
  DemuxWorker(std::shared_ptr<EnvState> env, int32_t codec_id) : AsyncWorker(std::move(env), codec_id) {}

  // --- JavaScript thread; none of these waits -------------------------------------------------------------------
  // Answered by an InputOpenedEvent.
  void Open(MediaInputOptions options, std::shared_ptr<ByteSource> bytes);
  // Chooses tracks and, unless there is none, a place to read from on. Answered by an InputStartedEvent. Reads that are
  // under way end early.
  void Start(int32_t epoch, std::vector<int> tracks, std::optional<int64_t> from_us);
  // Reads up to `count` packets. Answered by PacketEvents, perhaps an InputEndedEvent, and a DoneEvent.
  void Read(int32_t epoch, int count);
  void Feed(int32_t request_id, std::vector<uint8_t> bytes, int error);
  // Sends a request of the byte source.
  void Ask(BytesWantedEvent event);

 protected:
  Status Drain() override { return Status::Ok(); }
  void DestroyCodec() override;
  void Interrupt() override;

 private:
  struct Track {
    AVRational time_base;
    std::unique_ptr<PresentationOrder> order;  // where the container has no presentation timestamps
    std::optional<int64_t> next_pts;           // in time_base units, for a packet without any time
  };

  Status DoOpen(const MediaInputOptions& options);
  Status DoStart(int32_t epoch, const std::vector<int>& tracks, std::optional<int64_t> from_us);
  Status DoRead(int32_t epoch, int count);
  // Reads until a packet is ready, or the end.
  Status Advance(bool* end);
  void GiveTime(AVPacketPtr packet);
  void PostPacket(int32_t epoch, AVPacketPtr packet);

  // Any thread. Made with the first call, so that it can be interrupted from then on.
  std::shared_ptr<MediaInput> input_;
  std::shared_ptr<ByteSource> bytes_;
  std::mutex input_mutex_;  // guards which input that is
  std::atomic<int32_t> wanted_epoch_{0};

  // Of the thread alone.
  std::vector<Track> tracks_;
  std::deque<AVPacketPtr> ready_;
  bool ended_ = false;
};

}  // namespace webcodecs
