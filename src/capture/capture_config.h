// What is asked of a source of live media, and what of that is in force.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace webcodecs {

// What the ring buffer of a source holds. The lengths only grow, and a rate or a number of channels that is stated
// replaces the one before it.
struct CaptureShape {
  int64_t micros = 10'000'000;  // length
  int sample_rate = 0;          // 0: that of the source
  int channels = 0;             // 0: those of the source
  bool audio = true, video = true;
  int64_t video_bytes = int64_t{256} << 20;  // of pictures, whatever the length
};

enum class CapturePace { kAuto, kRealtime, kFast };

// How the next connection is made.
struct CaptureConnectionConfig {
  std::string format;                                        // a demuxer or device of FFmpeg's; empty: found out
  std::vector<std::pair<std::string, std::string>> options;  // of the demuxer and its protocol
  CapturePace pace = CapturePace::kAuto;
  int64_t timeout = 10'000'000;  // microseconds without a packet after which a connection is given up
  int attempts = 10;             // to connect, in a row, before the source has failed; -1: no end
  int64_t min_delay = 250'000, max_delay = 10'000'000;  // microseconds between attempts
};

// One call of allocateIfNeeded(): what it does not state is left as it is.
struct CaptureRequest {
  int64_t micros = 0;
  int sample_rate = 0;
  int channels = 0;
  int audio = -1, video = -1;  // -1: not stated
  int64_t video_bytes = 0;
  std::string format;
  bool has_options = false;
  std::vector<std::pair<std::string, std::string>> options;
  int pace = -1;
  int64_t timeout = 0;
  int attempts = 0;
  int64_t min_delay = 0, max_delay = 0;
};

}  // namespace webcodecs
