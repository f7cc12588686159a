// The audio encoder's thread: checks, converts, resamples, cuts into frames, encodes, and counts time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "audio/audio_buffer.h"
#include "audio/audio_clock.h"
#include "audio/audio_encoder.h"
#include "audio/audio_resampler.h"
#include "codec/async_worker.h"

namespace webcodecs {

struct AudioEncodeInput {
  AudioBufferPtr buffer;
  double sample_rate;
  int64_t timestamp;
};

class AudioEncodeWorker final : public AsyncWorker {
 public:
  AudioEncodeWorker(std::shared_ptr<EnvState> env, int32_t codec_id)
      : AsyncWorker(std::move(env), codec_id, Delivery::kBatched) {}

  // JavaScript thread.
  void Configure(AudioEncoderConfig config);
  void Encode(AudioEncodeInput input);

 private:
  // Samples on their way into a frame: planes or interleaved, of any sample type.
  struct Samples {
    const uint8_t* const* planes;
    SampleFormat format;
    int channels;
    int64_t count;
  };

  Status DoConfigure(const AudioEncoderConfig& config);
  Status DoEncode(const AudioEncodeInput& input);
  Status OpenEncoder(SampleType first);
  Status Resample(const AudioBuffer& buffer);
  // Puts samples into frames, and encodes those that are full.
  Status Append(const Samples& samples);
  Status NewFrame(int64_t samples);
  Status EncodeFrame();
  Status TakePacket(const uint8_t* data, size_t size, int64_t samples);
  void PostDescription();
  Status Drain() override;
  void DestroyCodec() override;
  void CloseEncoder();

  bool configured_ = false;
  AudioEncoderPlan plan_;
  // Null until the first input after a configuration or a drain.
  std::unique_ptr<AudioEncoderBackend> encoder_;
  AudioPacketSink sink_;
  AudioEncoderPlan open_plan_;
  AudioResampler resampler_;
  // The frame that is being filled, and how far.
  AVFramePtr frame_;
  int filled_ = 0;
  AudioClock clock_;
  int64_t sent_ = 0;      // samples that the encoder has had
  int64_t position_ = 0;  // samples in the packets so far
  std::optional<int64_t> last_timestamp_;
  // Whether the description of the open encoder was compared with the last one that was told, if any was since the
  // configuration.
  bool described_ = false;
  std::optional<std::vector<uint8_t>> description_;
};

}  // namespace webcodecs
