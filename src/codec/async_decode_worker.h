// The video decoder's thread: decodes, and matches frames with the chunks they came from.
#pragma once

#include <memory>
#include <optional>

#include "codec/async_worker.h"
#include "codec/frame_info_map.h"
#include "codec/output_gate.h"
#include "plan/video_decoder_plan.h"

namespace webcodecs {

struct DecodeInput {
  AVPacketPtr packet;
  int64_t timestamp;
  std::optional<int64_t> duration;
  CountedBy counted{GlobalCounters().packets};
};

class AsyncDecodeWorker final : public AsyncWorker {
 public:
  AsyncDecodeWorker(std::shared_ptr<EnvState> env, int32_t codec_id);

  // JavaScript thread.
  void Configure(VideoDecoderConfig config);
  void Decode(DecodeInput input);

 private:
  Status DoConfigure(const VideoDecoderConfig& config);
  Status DoDecode(DecodeInput& input);
  // Emits the frames that are ready; `*end` tells whether a drain is complete.
  Status ReceiveFrames(bool* end);
  Status EmitFrame(AVFramePtr frame);
  Status Drain() override;
  void DestroyCodec() override;
  void Interrupt() override { gate_.Renew(); }

  VideoDecoderConfig config_;
  AVCodecContextPtr context_;
  bool knows_reorder_delay_ = false;
  int64_t next_pts_ = 0;
  FrameInfoMap frame_info_;

  GenerationGate gate_;
};

}  // namespace webcodecs
