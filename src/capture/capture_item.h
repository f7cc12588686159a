// What readers of a source get: sound and pictures, with their times on the source's own time line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "audio/audio_buffer.h"
#include "media/convert.h"
#include "media/picture.h"
#include "util/status.h"

namespace webcodecs {

struct CapturedAudio {
  AudioBufferPtr buffer;
  int sample_rate;
  int64_t timestamp;
};

struct CapturedPicture {
  PicturePtr picture;
  Rect visible;
  int64_t timestamp;
  std::optional<int64_t> duration;
  ColorSpace color;
  int sar_numerator, sar_denominator;
};

// In the order of their timestamps.
using CaptureItems = std::vector<std::variant<CapturedAudio, CapturedPicture>>;

struct CaptureBatch {
  CaptureItems items;
  bool ended = false;  // nothing follows
  int64_t lost_samples = 0, lost_pictures = 0;  // since the batch before
};

// Keep in step with CAPTURE_STATES in lib/capture.ts.
enum class CaptureState : int { kConnecting, kLive, kReconnecting, kEnded, kFailed, kRemoved };

constexpr bool IsFinal(CaptureState state) { return state >= CaptureState::kEnded; }

struct CaptureStatus {
  CaptureState state = CaptureState::kConnecting;
  int32_t version = 0;  // counts the changes of the state
  Status error;         // the last one, whatever came after it
  int64_t connections = 0;
  int64_t decode_errors = 0;
  // Of the ring buffer. A rate of 0: there is no sound yet, or none at all.
  int sample_rate = 0, channels = 0;
  int64_t audio_bytes = 0, samples = 0;
  int64_t video_bytes = 0, pictures = 0;
  int64_t begin = 0, end = 0;  // timestamps of the oldest and behind the newest
};

}  // namespace webcodecs
