// What libavformat reads: a file, a URL, a device or bytes of ours, opened and read packet by packet. It knows nothing of
// JavaScript: whoever has a thread to wait on may use it.
//
//   auto input = std::make_shared<MediaInput>();      // shared, so that others can interrupt it
//   MediaInputOptions options;
//   options.url = "rtsp://127.0.0.1:8554/live";
//   options.timeout_us = 5'000'000;                   // for opening, and for each packet
//   options.dictionary = {{"rtsp_transport", "tcp"}};
//   Status status = input->Open(options);             // may wait for the network
//   AVPacketPtr packet(av_packet_alloc());
//   bool end = false;
//   while ((status = input->ReadPacket(packet.get(), &end)).ok() && !end) { ...; av_packet_unref(packet.get()); }
//
// One thread at a time calls Open, ReadPacket, Seek and context(); any thread calls Interrupt(), upon which what runs and
// all that follows fails soon with kAborted. Destroying it closes the input, which may wait for the network as well
// (RTSP says goodbye), no longer than the timeout; after Interrupt() it does not wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "util/counters.h"
#include "util/ffmpeg_formats.h"
#include "util/status.h"

namespace webcodecs {

using Deadline = std::chrono::steady_clock::time_point;

// Bytes that come from elsewhere than libavformat's own protocols. The reading thread calls it; none of it may throw.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Waits for bytes, at most until `deadline`. Returns how many were written to `data`, or AVERROR_EOF, AVERROR(ETIMEDOUT)
  // or another of FFmpeg's errors.
  virtual int Read(uint8_t* data, int size, Deadline deadline) = 0;
  // The number of bytes; -1 when it is not known.
  virtual int64_t Size() const = 0;
  virtual bool IsSeekable() const = 0;
  // Makes `position` the next byte to read. Returns it, or an error.
  virtual int64_t Seek(int64_t position) = 0;
  // Any thread: a Read() that waits, and all that follow, return AVERROR_EXIT.
  virtual void Interrupt() = 0;
};

struct MediaInputOptions {
  // A path behind "file:", a URL of one of libavformat's protocols, or the name of a device. With a ByteSource, only a
  // name, whose extension helps to find the format; may be empty.
  std::string url;
  // A demuxer's name ("mpegts", "h264", "v4l2"); empty: found by the contents and the name.
  std::string format;
  // Where `format` names one that libavformat does not find by name, such as a device of libavdevice.
  const AVInputFormat* input_format = nullptr;
  // Options of the demuxer and the protocol. One that neither takes is an error.
  std::vector<std::pair<std::string, std::string>> dictionary;
  // For opening, and for each packet and seek; 0 for none.
  int64_t timeout_us = 0;
  // Whether packets may be read to learn what the header does not tell (libavformat's probesize and analyzeduration bound it).
  bool find_stream_info = true;
};

class MediaInput {
 public:
  // `bytes`: where they come from, instead of one of libavformat's protocols.
  explicit MediaInput(std::shared_ptr<ByteSource> bytes = nullptr) : bytes_(std::move(bytes)) {}
  MediaInput(const MediaInput&) = delete;
  MediaInput& operator=(const MediaInput&) = delete;
  ~MediaInput();

  // Once. After a failure the input is of no use.
  Status Open(const MediaInputOptions& options);
  // Reads the next packet of any stream into `packet`, which must be blank. Waits for inputs that have nothing yet.
  // `*end`: there are no more packets, and `packet` is blank still.
  Status ReadPacket(AVPacket* packet, bool* end);
  // Goes to a place from which every stream can be decoded up to `time_us`, in AV_TIME_BASE units, at the latest.
  Status Seek(int64_t time_us);
  // Streams, metadata and so on; null before Open() succeeded.
  AVFormatContext* context() const { return context_.get(); }
  // Whether Seek() can work.
  bool IsSeekable() const;

  void Interrupt();

 private:
  static int OnInterruptCheck(void* self);
  static int OnRead(void* self, uint8_t* data, int size);
  static int64_t OnSeek(void* self, int64_t offset, int whence);

  Status OpenContext(const MediaInputOptions& options);
  Status FindStreamInfo();
  // Raw streams: the only place to go to is the beginning.
  bool HasNoTimes() const;
  void BeginDeadline();
  // The status of an operation that failed with one of FFmpeg's errors.
  Status Failure(const std::string& what, int error) const;

  CountedBy counted_{GlobalCounters().inputs};
  std::atomic<bool> interrupted_{false};
  // When the running operation times out, in nanoseconds of the steady clock. Threads of libavformat look at it too.
  std::atomic<int64_t> deadline_{INT64_MAX};
  int64_t timeout_us_ = 0;
  std::string name_;
  const std::shared_ptr<ByteSource> bytes_;
  // In front of the context, which reads through it while it is closed.
  AVIOContextPtr io_;
  AVInputPtr context_;
};

// The code that says what went wrong with an input or output, by one of FFmpeg's errors.
StatusCode StatusCodeOfIo(int error);
// A URL as messages may show it: without user name and password.
std::string WithoutCredentials(const std::string& url);

}  // namespace webcodecs
