// What an audio encoder is to the worker that drives it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "audio/audio_encoder_plan.h"
#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

// A packet, valid during the call, and how many samples of each channel it stands for.
using AudioPacketSink = std::function<Status(const uint8_t* data, size_t size, int64_t samples)>;

class AudioEncoderBackend {
 public:
  virtual ~AudioEncoderBackend() = default;

  virtual Status Open(const AudioEncoderPlan& plan) = 0;
  // Samples of each channel in a frame; 0: any number.
  virtual int frame_size() const = 0;
  // Takes a frame in the plan's format, of which only the last may be shorter than frame_size(). Null asks for all that
  // is pending; afterwards the encoder must be opened anew.
  virtual Status Encode(AVFrame* frame, const AudioPacketSink& sink) = 0;
  // The description of the codec's registration; empty where it has none.
  virtual std::vector<uint8_t> description() const = 0;
};

// The backend that `plan` asks for, not yet open.
std::unique_ptr<AudioEncoderBackend> CreateAudioEncoder(const AudioEncoderPlan& plan);

std::unique_ptr<AudioEncoderBackend> CreateAvcodecAudioEncoder();
#if WITH_OPUS
std::unique_ptr<AudioEncoderBackend> CreateOpusEncoder();
#endif

}  // namespace webcodecs
