// What one JavaScript environment reads of a source. A request is answered once, by an event, unless it is cancelled or the
// reader closed first. The process stays alive while one is not answered.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "capture/capture_source.h"
#include "env_state.h"

namespace webcodecs {

class CaptureReader : public std::enable_shared_from_this<CaptureReader> {
 public:
  CaptureReader(std::shared_ptr<EnvState> env, int32_t id, std::shared_ptr<CaptureSource> source);
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;

  // --- JavaScript thread; none of these waits -------------------------------------------------------------------
  void ReadLast(int32_t request_id, int64_t micros, bool audio, bool video);
  // The next one to Next() begins where `cursor` says.
  void BeginFollow(CaptureCursor cursor);
  // One at a time.
  void Next(int32_t request_id);
  // Answered when the state has another version than this. One at a time.
  void AwaitChange(int32_t request_id, int32_t version);
  void CancelNext();
  void CancelChange();
  // Gives the source up. Finalizers close too, when the environment may be gone.
  void Close();

  // --- Any other thread -----------------------------------------------------------------------------------------
  void OnNews();

 private:
  struct Follow {
    std::mutex mutex;  // an abandoned job may still read while the next begins
    CaptureCursor cursor;
  };
  struct Change {
    int32_t request_id, version;
  };

  // Answers Next(), now or when there is news.
  void Pump(int32_t request_id, const std::shared_ptr<Follow>& follow, const std::shared_ptr<CaptureSource>& source);
  void WatchState(Change change, const std::shared_ptr<CaptureSource>& source);
  void Answer(int32_t request_id, const Status& status, CaptureBatch batch);

  const std::shared_ptr<EnvState> env_;
  const int32_t id_;

  std::mutex mutex_;
  // Null when closed.
  std::shared_ptr<CaptureSource> source_;
  std::shared_ptr<Follow> follow_;
  // The requests that wait for news. Whoever takes one answers it.
  int32_t waiting_next_ = 0;
  std::optional<Change> waiting_change_;
  int32_t wanted_change_ = 0;  // 0 when it was cancelled
  std::optional<CountedBy> counted_{GlobalCounters().capture_readers};
};

}  // namespace webcodecs
