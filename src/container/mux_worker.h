// One muxer's thread: opens an output, and writes what JavaScript gives it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "codec/async_worker.h"
#include "container/js_byte_sink.h"
#include "container/media_output.h"

namespace webcodecs {

class MuxWorker final : public AsyncWorker {
 public:
  MuxWorker(std::shared_ptr<EnvState> env, int32_t codec_id) : AsyncWorker(std::move(env), codec_id) {}

  // --- JavaScript thread; none of these waits -------------------------------------------------------------------
  // Answered by an OutputOpenedEvent.
  void Open(MediaOutputOptions options, std::shared_ptr<JsByteSink> sink);
  // All tracks at once, before anything is written. Answered by a DoneEvent of 0.
  void Start(std::vector<OutputTrack> tracks);
  // Answered by a DoneEvent of 1.
  void Write(OutputPacket packet);
  // Answered by an OutputFinishedEvent.
  void Finish();
  // Closes the output as it is. Answered by an ErrorEvent, after which nothing is open any more.
  void Abort();
  void Acknowledge(int64_t bytes, bool failed);
  // Sends bytes of the sink.
  void Give(BytesWrittenEvent event) { Post(std::move(event)); }

 protected:
  Status Drain() override { return Status::Ok(); }
  void DestroyCodec() override;
  void Interrupt() override;

 private:
  std::mutex output_mutex_;  // guards which output that is
  std::shared_ptr<MediaOutput> output_;
  std::shared_ptr<JsByteSink> sink_;
};

}  // namespace webcodecs
