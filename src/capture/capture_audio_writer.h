// Brings what a decoder makes of a source's sound into its ring: to the ring's rate and channels, and to its place in time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audio/audio_resampler.h"
#include "capture/capture_source.h"
#include "util/ffmpeg_raii.h"

namespace webcodecs {

class CaptureAudioWriter {
 public:
  explicit CaptureAudioWriter(CaptureSource* source) : source_(source) {}

  // Where `timestamp`, in microseconds on the source's time line, is later than where the sound before it ended, there is a gap;
  // what comes twice is dropped once.
  Status Write(const AVFrame& frame, int64_t timestamp);
  // Where the sound so far ends; nothing when it was interrupted.
  std::optional<int64_t> end() const;
  // Writes what the resampler still has. What follows is not taken for a continuation.
  void Interrupt();

 private:
  Status Open(const AVFrame& frame);
  bool IsOpenFor(const AVFrame& frame) const;
  // False when the ring has another shape by now.
  bool WriteConverted();

  CaptureSource* const source_;
  AudioResampler resampler_;
  AudioResampler::Scratch scratch_;
  std::vector<const uint8_t*> planes_;
  AudioRing::Shape shape_;
  // Of the input.
  int rate_ = 0, format_ = -1;
  AVChannelLayout layout_{};
  // The stretch that is being written: when it began, and what it has.
  int64_t begin_ = 0, count_ = 0;
  bool is_announced_ = false;  // the ring knows of it
};

}  // namespace webcodecs
