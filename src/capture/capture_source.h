// One source of live media: what was captured of it last, in which state it is, and who waits for more. A thread of its
// own (capture_thread.h) writes; readers of any number of JavaScript environments read.
//
// Two locks: `mutex_` is for what JavaScript threads ask, and nobody holds it for longer than it takes to look. `data_mutex_` guards
// the rings, and is taken by the capture thread and by jobs alone. It is taken first where both are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "capture/audio_ring.h"
#include "capture/capture_config.h"
#include "capture/capture_item.h"
#include "capture/video_ring.h"
#include "util/counters.h"

namespace webcodecs {

class CaptureReader;
class MediaInput;

// Where a reader that follows a source is.
struct CaptureCursor {
  bool audio = true, video = true;
  int64_t last = 0;     // microseconds before the newest to begin with
  int64_t max_lag = 0;  // microseconds behind the newest that it may be; 0: as far as the ring reaches

  bool begun = false;
  int64_t sample = 0;
  int sample_rate = 0;  // that `sample` counts by; 0: there was no sound yet
  int64_t picture = 0;
};

class CaptureSource : public std::enable_shared_from_this<CaptureSource> {
 public:
  CaptureSource(std::string name, const CaptureRequest& request);
  CaptureSource(const CaptureSource&) = delete;
  CaptureSource& operator=(const CaptureSource&) = delete;

  const std::string& name() const { return name_; }

  // --- Any thread; none of these waits --------------------------------------------------------------------------
  // What is stated takes effect before anyone reads or writes again; what is about connections with the next one.
  void Configure(const CaptureRequest& request);
  // Ends capturing for good. Readers get what is there, and then the end.
  void Stop();
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  CaptureStatus status() const;
  CaptureShape shape() const;
  CaptureConnectionConfig connection_config() const;

  // --- Readers, on jobs and on the capture thread ---------------------------------------------------------------
  // What comes next for the cursor: at most a quarter of a second. Whether there is anything, or the end.
  Status ReadNext(CaptureCursor* cursor, CaptureBatch* batch, bool* found);
  Status ReadLast(int64_t micros, bool audio, bool video, CaptureBatch* batch);
  // Grows with everything that is written and with every change of the state.
  uint64_t news() const { return news_.load(std::memory_order_acquire); }
  // Has the reader told of the next news. False when there are some since `seen` already.
  bool AddWaiter(const std::weak_ptr<CaptureReader>& reader, uint64_t seen);

  // --- The capture thread ---------------------------------------------------------------------------------------
  // A final state stays. The status "ok" leaves the last error.
  void SetState(CaptureState state, const Status& error = Status::Ok());
  // What Stop() has to interrupt, or null.
  void SetInput(std::shared_ptr<MediaInput> input);
  void CountConnection();
  void CountDecodeError();
  // False when the source was stopped meanwhile.
  bool Sleep(int64_t micros);
  // What to resample to: makes the ring when there is none. The rate and channels are those of the source.
  Status PrepareAudio(int sample_rate, int channels, AudioRing::Shape* shape);
  // Writes samples of that shape's rate and channels. `timestamp` is set where they do not follow the ones before. False when the
  // shape has changed.
  bool WriteAudio(const AudioRing::Shape& shape, const int64_t* timestamp, const uint8_t* const* planes, int64_t count);
  void WritePicture(CapturedPicture picture);

 private:
  using Waiters = std::set<std::weak_ptr<CaptureReader>, std::owner_less<std::weak_ptr<CaptureReader>>>;

  // What was configured since; with data_mutex_ held. Where memory is out the ring stays as it was, and the status tells why.
  void ApplyShape();
  AudioRing::Shape WantedShape(int sample_rate, int channels) const;
  void SkipLost(CaptureCursor* cursor, CaptureBatch* batch) const;
  Status AppendAudio(int64_t position, int64_t until, CaptureItems* items, int64_t* next) const;
  // Takes what the rings hold into the status, and tells those who wait.
  void PublishData();
  void TellWaiters(std::unique_lock<std::mutex> lock);

  const std::string name_;

  std::mutex data_mutex_;
  CaptureShape applied_;
  int applied_version_ = 0;
  AudioRing audio_;
  VideoRing video_;

  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  CaptureShape shape_;
  int shape_version_ = 0;
  CaptureConnectionConfig connection_;
  std::shared_ptr<MediaInput> input_;
  CaptureStatus status_;
  Waiters waiters_;
  std::atomic<uint64_t> news_{1};
  std::atomic<bool> stopped_{false};
  CountedBy counted_{GlobalCounters().capture_sources};
};

}  // namespace webcodecs
