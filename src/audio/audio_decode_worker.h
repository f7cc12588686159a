// The audio decoder's thread: decodes, removes pre-skip, and gives outputs the timestamps of their chunks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "audio/audio_decoder_plan.h"
#include "codec/async_worker.h"
#include "codec/output_gate.h"

namespace webcodecs {

struct AudioDecodeInput {
  AVPacketPtr packet;
  int64_t timestamp;
  CountedBy counted{GlobalCounters().packets};
};

class AudioDecodeWorker final : public AsyncWorker {
 public:
  AudioDecodeWorker(std::shared_ptr<EnvState> env, int32_t codec_id);

  // JavaScript thread.
  void Configure(AudioDecoderConfig config);
  void Decode(AudioDecodeInput input);

 private:
  Status DoConfigure(const AudioDecoderConfig& config);
  Status DoDecode(AudioDecodeInput& input);
  Status ReceiveFrames();
  Status EmitFrame(AVFramePtr frame);
  // Begins a stretch of chunks, of which the first has this timestamp.
  void BeginStretch(int64_t timestamp);
  Status Drain() override;
  void DestroyCodec() override;
  void Interrupt() override { gate_.Renew(); }

  AudioDecoderConfig config_;
  AVCodecContextPtr context_;
  // Whether a chunk came since the configuration or the last drain.
  bool in_stretch_ = false;
  // Samples of pre-skip that are still to be removed.
  int to_skip_ = 0;
  // How much earlier than in their chunks the samples are, in microseconds, as pre-skip is missing in front of them.
  int64_t shift_ = 0;
  // Where a chunk has several frames, the second and the next ones are timed by counting samples from the first.
  int64_t anchor_ = 0;
  int64_t since_anchor_ = 0;
  GenerationGate gate_;
};

}  // namespace webcodecs
