// From a configuration to a decoder and its settings. isConfigSupported() and configure() share it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

// NativeVideoDecoderConfig of lib/native/config.ts.
struct VideoDecoderConfig {
  std::string codec;
  std::vector<uint8_t> description;  // empty: parameter sets come in-band
  int coded_width = 0;               // 0: not given
  int coded_height = 0;
  // As the codec string tells them; 0 where it does not.
  int bit_depth = 0;
  int chroma = 0;
  bool optimize_for_latency = false;
  bool hardware_required = false;
  int threads = 0;  // 0: as many as help
};

// Opens the decoder that the configuration asks for.
Status OpenVideoDecoder(const VideoDecoderConfig& config, AVCodecContextPtr* out);

// --- For those that open decoders ---------------------------------------------------------------------------------
// A context that knows everything of `config` that does not depend on where it decodes; not open yet.
Status NewDecoderContext(const VideoDecoderConfig& config, const AVCodec* codec, AVCodecContextPtr* out);

// Tells the decoder how many frames it has to hold back for presentation order, from the parameter sets in `data`
// (a description or the first key chunk). Without it FFmpeg finds out by giving frames in the wrong order first.
void SetReorderDelay(const VideoDecoderConfig& config, const uint8_t* data, size_t size, AVCodecContext* context);

}  // namespace webcodecs
