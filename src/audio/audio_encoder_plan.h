// From a configuration to an audio encoder and its settings. isConfigSupported() and configure() share it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "audio/sample_format.h"
#include "plan/encoder_options.h"
#include "util/status.h"

namespace webcodecs {

// NativeAudioEncoderConfig of lib/native/config.ts, which tells what the members mean.
struct AudioEncoderConfig {
  std::string codec;
  int sample_rate = 0;
  int channels = 0;
  int64_t bitrate = 0;  // bits per second; 0: not given
  bool constant_bitrate = false;
  // AAC
  bool adts = false;
  bool mpeg2 = false;
  // Opus
  int frame_duration = 20000;  // microseconds
  int application = 0;
  int signal = 0;
  int complexity = 0;
  int packet_loss = 0;  // percent
  bool fec = false;
  bool dtx = false;
  // FLAC
  int block_size = 0;  // 0: the encoder's choice
  int compression_level = 0;
  // By FFmpeg's names, over what the plan would choose.
  EncoderOptions encoder_options;
};

struct AudioEncoderPlan {
  AudioEncoderConfig config;
  // FFmpeg's name of the encoder; null for libopus driven directly.
  const char* encoder = nullptr;
  // What the codec takes. Other rates and numbers of channels are resampled and remixed.
  int sample_rate = 0;
  int channels = 0;
  SampleFormat format;
  // Samples of 24 bits, in the upper bits of s32.
  bool bits24 = false;
  // The samples' type is that of the first input, of which 16 bits or 24 are kept: lossless without waste.
  bool follows_input = false;
  int64_t bitrate = 0;  // 0: the library's choice
  std::vector<std::pair<std::string, std::string>> options;
};

// Chooses an encoder and opens it once, to see whether it does.
Status ResolveAudioEncoder(const AudioEncoderConfig& config, AudioEncoderPlan* plan);

// The plan for a stream that begins with samples of this type, for plans that follow their input.
AudioEncoderPlan PlanForInput(const AudioEncoderPlan& plan, SampleType first);

}  // namespace webcodecs
