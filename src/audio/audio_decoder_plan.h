// From a configuration to an audio decoder. isConfigSupported() and configure() share it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

// NativeAudioDecoderConfig of lib/native/config.ts.
struct AudioDecoderConfig {
  std::string codec;
  std::vector<uint8_t> description;  // empty: the stream brings everything itself
  int sample_rate = 0;
  int channels = 0;
  int pre_skip = 0;  // samples at 48 kHz that Opus has in front
};

// Opens the decoder that the configuration asks for.
Status OpenAudioDecoder(const AudioDecoderConfig& config, AVCodecContextPtr* out);

}  // namespace webcodecs
