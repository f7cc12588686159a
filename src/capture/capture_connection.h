// One connection to a source: opens it, reads packets, decodes them, and writes sound and pictures into the rings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/capture_audio_writer.h"
#include "capture/capture_clock.h"
#include "capture/capture_source.h"
#include "container/media_input.h"

namespace webcodecs {

// Where a source is, by its name.
struct CaptureAddress {
  enum class Kind { kFile, kFilters, kDevice, kNetwork };
  Kind kind = Kind::kNetwork;
  std::string url;     // what libavformat is given
  std::string scheme;  // lower case; empty where there is none
  std::string format;  // of a device
};
Status ParseCaptureAddress(const std::string& name, CaptureAddress* address);

class CaptureConnection {
 public:
  CaptureConnection(CaptureSource* source, CaptureClock* clock, const CaptureAddress& address);
  ~CaptureConnection();

  // Returns when the source came to its end, with the status "ok", or cannot be read any more, or was stopped.
  Status Run();
  // Whether anything was decoded.
  bool was_live() const { return was_live_; }
  // Whether the end is one for good: that of a file and its like.
  bool is_at_end() const { return is_at_end_; }

 private:
  struct Decoder {
    int stream = -1;
    AVRational time_base{1, 1'000'000};
    AVCodecContextPtr context;
  };

  Status Open();
  Status ChooseStreams();
  Status OpenDecoder(Decoder* decoder);
  Status Decode(Decoder* decoder, const AVPacket* packet);
  Status TakeFrame(Decoder* decoder);
  Status TakeAudio(int64_t timestamp);
  Status TakePicture(int64_t timestamp, int64_t duration);
  // Whether there is an end to it that can be reached, and whether it was.
  bool IsFinite() const;
  bool ReachedEnd() const;
  // Waits for the moment of a timestamp. False when the source was stopped.
  bool Pace(int64_t timestamp);

  CaptureSource* const source_;
  CaptureClock* const clock_;
  const CaptureAddress& address_;
  const CaptureConnectionConfig config_;
  std::shared_ptr<MediaInput> input_;
  Decoder audio_, video_;
  AVFramePtr frame_;
  CaptureAudioWriter writer_;
  bool paced_ = false;
  bool was_live_ = false;
  bool is_at_end_ = false;
  int64_t last_input_time_ = 0;  // of the connection, in microseconds
  int64_t last_picture_ = -1;
};

}  // namespace webcodecs
