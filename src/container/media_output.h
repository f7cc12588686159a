// What libavformat writes: tracks, and their packets, into a file, a URL, or bytes that somebody else takes. It knows
// nothing of JavaScript. One thread at a time calls it; any thread may interrupt it.
//
//   Open(); AddTrack() for each; Write() in decode order of each track; Finish().
//
// The header is written with the first packet. Without Finish() what was written is no whole file: it is the caller's to
// remove.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "container/container_events.h"
#include "container/decode_order.h"
#include "container/media_input.h"
#include "util/counters.h"
#include "util/ffmpeg_formats.h"
#include "util/status.h"

namespace webcodecs {

// Takes bytes. The writing thread calls it; none of it may throw.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Returns `size`, or one of FFmpeg's errors. May wait until there is room.
  virtual int Write(const uint8_t* data, int size, int64_t position) = 0;
  virtual bool IsSeekable() const = 0;
  // Any thread: a Write() that waits, and all that follow, return AVERROR_EXIT.
  virtual void Interrupt() = 0;
};

struct MediaOutputOptions {
  // A path behind "file:" or a URL; with a sink only a name, whose extension may tell the format.
  std::string url;
  std::string format;  // a muxer's name
  std::vector<std::pair<std::string, std::string>> dictionary;  // of the muxer and the protocol
  Tags tags;
};

struct OutputTrack {
  bool is_video = true;
  std::string codec;  // libavcodec's name
  uint32_t codec_tag = 0;
  std::vector<uint8_t> extradata;
  // For the depth of reordering, where the extradata does not have it.
  int reorder_delay = -1;
  int64_t bitrate = 0;
  int disposition = 0;
  Tags tags;
  int width = 0, height = 0;
  int sar_numerator = 0, sar_denominator = 1;
  std::string pixel_format;
  ColorSpace color;
  int rotation = 0;  // degrees clockwise, and then the flip
  bool flip = false;
  int rate_numerator = 0, rate_denominator = 1;  // frames per second; 0 when it is not known
  int sample_rate = 0, channels = 0, bits_per_sample = 0;
};

struct OutputPacket {
  int track = 0;
  AVPacketPtr packet;
  int64_t timestamp = 0;  // microseconds
  std::optional<int64_t> duration;
};

class MediaOutput {
 public:
  explicit MediaOutput(std::shared_ptr<ByteSink> sink = nullptr) : sink_(std::move(sink)) {}
  MediaOutput(const MediaOutput&) = delete;
  MediaOutput& operator=(const MediaOutput&) = delete;
  ~MediaOutput();

  Status Open(const MediaOutputOptions& options);
  Status AddTrack(const OutputTrack& track);
  Status Write(OutputPacket packet);
  // Writes what is left and the trailer, and closes the output.
  Status Finish();
  void Interrupt();

  // The muxer; null before Open() succeeded.
  const AVOutputFormat* format() const { return context_ ? context_->oformat : nullptr; }
  // Bytes that the sink was given, and microseconds from the first presentation to the end of the last.
  int64_t size() const { return size_; }
  int64_t duration() const { return end_ > begin_ ? end_ - begin_ : 0; }

 private:
  struct Track {
    AVStream* stream;
    std::unique_ptr<DecodeOrder> order;  // where pictures may be reordered
    AVBSFContextPtr filter;              // where the muxer does not convert by itself
    AVRational unit;                     // of timestamps before they are the muxer's
    int64_t last_duration = 0;           // in `unit`
    int64_t last_dts = INT64_MIN;
    std::optional<int64_t> shift;        // microseconds, see Opus
    int pre_skip = 0;
  };

  static int OnInterruptCheck(void* self);
  static int OnWrite(void* self, uint8_t* data, int size);
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  static int OnWriteConst(void* self, const uint8_t* data, int size);
#endif
  static int64_t OnSeek(void* self, int64_t offset, int whence);

  Status OpenIo();
  Status WriteHeader();
  Status WriteReady(int track);
  Status Failure(const std::string& what, int error) const;

  CountedBy counted_{GlobalCounters().outputs};
  std::atomic<bool> interrupted_{false};
  const std::shared_ptr<ByteSink> sink_;
  std::string name_;
  AVDictionaryOwner options_;  // those that nobody took yet
  int64_t position_ = 0;
  int64_t size_ = 0;
  int64_t begin_ = INT64_MAX, end_ = INT64_MIN;
  bool header_written_ = false;
  std::vector<Track> tracks_;
  std::deque<AVPacketPtr> ready_;
  AVIOContextPtr io_;    // with a sink
  AVIOFilePtr file_io_;  // without
  AVFormatContextPtr context_;
};

}  // namespace webcodecs
