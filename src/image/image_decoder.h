// What JavaScript's ImageDecoder drives: the bytes, their reader, and the work on both, one piece after the other on the
// job pool.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "env_state.h"
#include "image/image_reader.h"
#include "image/output_format.h"
#include "util/counters.h"

namespace webcodecs {

class ImageDecoder : public std::enable_shared_from_this<ImageDecoder> {
 public:
  ImageDecoder(std::shared_ptr<EnvState> state, int32_t id, ImageReaderPtr reader, const ImageOptions& options);
  ~ImageDecoder() { CountBytes(0); }

  // JavaScript thread; none of these waits. After Close() they do nothing.
  // Answered by an ImageTracksEvent.
  void Append(std::vector<uint8_t> bytes, bool complete);
  // Answered by an ImageFrameEvent or an ImageErrorEvent, unless Abort() or Close() came first.
  void Decode(int32_t request_id, ImageRequest request);
  void Abort() { epoch_.fetch_add(1); }
  void Close();

 private:
  using Task = std::function<void()>;
  void Post(Task task);
  void RunOne();
  void RunAppend(std::vector<uint8_t> bytes, bool complete);
  void RunDecode(int32_t request_id, int32_t epoch, ImageRequest request);
  void Send(decltype(Event::payload) payload);
  void CountBytes(size_t held);

  const std::shared_ptr<EnvState> state_;
  const int32_t id_;
  const ImageOptions options_;
  std::atomic<int32_t> epoch_{0};
  bool closed_ = false;  // JavaScript thread

  std::mutex mutex_;
  std::deque<Task> tasks_;  // guarded by mutex_; the first is running

  // Of the running task.
  ImageReaderPtr reader_;
  std::vector<uint8_t> bytes_;
  size_t counted_bytes_ = 0;
  bool complete_ = false;
  bool failed_ = false;
  std::optional<CountedBy> counted_{GlobalCounters().codecs};
};

}  // namespace webcodecs
