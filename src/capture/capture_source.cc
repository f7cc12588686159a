#include "capture/capture_source.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "capture/capture_reader.h"
#include "container/media_input.h"
#include "util/job_pool.h"

extern "C" {
#include <libavutil/mathematics.h>
}

namespace webcodecs {

namespace {

// What a reader gets at a time.
constexpr int64_t kBatchMicros = 250'000;
constexpr int64_t kBatchPictures = 16;
// A slow reader that has lost something begins again this part of the ring behind its edge, so as not to fall off at once.
constexpr int64_t kEdgePart = 8;

int64_t TimestampOf(const CaptureItems::value_type& item) {
  return std::visit([](const auto& value) { return value.timestamp; }, item);
}

void SortByTime(CaptureItems* items) {
  std::stable_sort(items->begin(), items->end(),
                   [](const auto& a, const auto& b) { return TimestampOf(a) < TimestampOf(b); });
}

template <typename T>
void Replace(T* value, T stated) {
  if (stated != T{}) *value = stated;
}

}  // namespace

CaptureSource::CaptureSource(std::string name, const CaptureRequest& request) : name_(std::move(name)) {
  // The first caller's lengths are taken as they are; the defaults are for what it leaves out.
  if (request.micros > 0) shape_.micros = request.micros;
  if (request.video_bytes > 0) shape_.video_bytes = request.video_bytes;
  if (request.audio == 0) shape_.audio = false;
  if (request.video == 0) shape_.video = false;
  Configure(request);
}

void CaptureSource::Configure(const CaptureRequest& request) {
  std::lock_guard<std::mutex> lock(mutex_);
  shape_.micros = std::max(shape_.micros, request.micros);
  shape_.video_bytes = std::max(shape_.video_bytes, request.video_bytes);
  Replace(&shape_.sample_rate, request.sample_rate);
  Replace(&shape_.channels, request.channels);
  shape_.audio |= request.audio == 1;
  shape_.video |= request.video == 1;
  shape_version_++;
  Replace(&connection_.format, request.format);
  if (request.has_options) connection_.options = request.options;
  if (request.pace >= 0) connection_.pace = static_cast<CapturePace>(request.pace);
  Replace(&connection_.timeout, request.timeout);
  Replace(&connection_.attempts, request.attempts);
  Replace(&connection_.min_delay, request.min_delay);
  Replace(&connection_.max_delay, request.max_delay);
}

void CaptureSource::Stop() {
  std::shared_ptr<MediaInput> input;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopped_.store(true, std::memory_order_release);
    input = input_;
  }
  if (input) input->Interrupt();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (status_.state == CaptureState::kRemoved) return;
    status_.state = CaptureState::kRemoved;
    status_.version++;
  }
  // Those who wait read what is left, which is nothing for a JavaScript thread.
  JobPool::Global().Post([self = shared_from_this()] { self->TellWaiters(std::unique_lock<std::mutex>(self->mutex_)); });
  stopping_.notify_all();
}

CaptureStatus CaptureSource::status() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return status_;
}

CaptureShape CaptureSource::shape() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return shape_;
}

CaptureConnectionConfig CaptureSource::connection_config() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return connection_;
}

// --- State ------------------------------------------------------------------------------------------------------------

void CaptureSource::SetState(CaptureState state, const Status& error) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!error.ok()) status_.error = error;
  // What ended or failed can still be removed.
  if (status_.state == state || status_.state == CaptureState::kRemoved) return;
  status_.state = state;
  status_.version++;
  TellWaiters(std::move(lock));
}

void CaptureSource::SetInput(std::shared_ptr<MediaInput> input) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (input && stopped()) input->Interrupt();
  input_ = std::move(input);
}

void CaptureSource::CountConnection() {
  std::lock_guard<std::mutex> lock(mutex_);
  status_.connections++;
}

void CaptureSource::CountDecodeError() {
  std::lock_guard<std::mutex> lock(mutex_);
  status_.decode_errors++;
}

bool CaptureSource::Sleep(int64_t micros) {
  // Of the system's clock: older ThreadSanitizers do not know the wait for the other one. In slices, for it may be set.
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::microseconds(micros);
  constexpr std::chrono::microseconds kSlice(200'000);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped()) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now());
    if (left.count() <= 0) return true;
    stopping_.wait_until(lock, std::chrono::system_clock::now() + std::min(left, kSlice));
  }
  return false;
}

// --- Those who wait -----------------------------------------------------------------------------------------------------

bool CaptureSource::AddWaiter(const std::weak_ptr<CaptureReader>& reader, uint64_t seen) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (news() != seen) return false;
  waiters_.insert(reader);
  return true;
}

void CaptureSource::TellWaiters(std::unique_lock<std::mutex> lock) {
  news_.fetch_add(1, std::memory_order_release);
  Waiters waiters;
  waiters.swap(waiters_);
  lock.unlock();
  for (const auto& waiter : waiters) {
    if (const std::shared_ptr<CaptureReader> reader = waiter.lock()) reader->OnNews();
  }
}

void CaptureSource::PublishData() {
  // The capture thread alone writes, but jobs may change the ring's shape.
  std::unique_lock<std::mutex> data_lock(data_mutex_);
  CaptureStatus figures;
  const bool has_audio = audio_.is_allocated() && audio_.end() > audio_.begin();
  if (audio_.is_allocated()) {
    figures.sample_rate = audio_.shape().sample_rate;
    figures.channels = audio_.shape().channels;
    figures.audio_bytes = audio_.bytes();
    figures.samples = audio_.end() - audio_.begin();
  }
  figures.pictures = video_.end() - video_.begin();
  figures.video_bytes = video_.bytes();
  if (has_audio) {
    figures.begin = audio_.TimestampAt(audio_.begin());
    figures.end = audio_.TimestampAt(audio_.end());
  }
  if (!video_.empty()) {
    const int64_t begin = video_.At(video_.begin()).timestamp, end = video_.end_timestamp();
    figures.begin = has_audio ? std::min(figures.begin, begin) : begin;
    figures.end = has_audio ? std::max(figures.end, end) : end;
  }
  data_lock.unlock();
  std::unique_lock<std::mutex> lock(mutex_);
  figures.state = status_.state;
  figures.version = status_.version;
  figures.error = std::move(status_.error);
  figures.connections = status_.connections;
  figures.decode_errors = status_.decode_errors;
  status_ = std::move(figures);
  TellWaiters(std::move(lock));
}

// --- Shapes -------------------------------------------------------------------------------------------------------------

AudioRing::Shape CaptureSource::WantedShape(int sample_rate, int channels) const {
  return AudioRing::ShapeFor(applied_.sample_rate > 0 ? applied_.sample_rate : sample_rate,
                             applied_.channels > 0 ? applied_.channels : channels, applied_.micros);
}

void CaptureSource::ApplyShape() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (applied_version_ == shape_version_) return;
    applied_ = shape_;
    applied_version_ = shape_version_;
  }
  if (!audio_.is_allocated()) return;
  Status status = audio_.Reshape(WantedShape(audio_.shape().sample_rate, audio_.shape().channels));
  if (status.ok()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  status_.error = std::move(status);
}

Status CaptureSource::PrepareAudio(int sample_rate, int channels, AudioRing::Shape* shape) {
  std::lock_guard<std::mutex> lock(data_mutex_);
  ApplyShape();
  if (!audio_.is_allocated()) {
    Status status = audio_.Reshape(WantedShape(sample_rate, channels));
    if (!status.ok()) return status;
  }
  *shape = audio_.shape();
  return Status::Ok();
}

// --- Writing ------------------------------------------------------------------------------------------------------------

bool CaptureSource::WriteAudio(const AudioRing::Shape& shape, const int64_t* timestamp, const uint8_t* const* planes,
                               int64_t count) {
  {
    std::lock_guard<std::mutex> lock(data_mutex_);
    const AudioRing::Shape& current = audio_.shape();
    if (shape.sample_rate != current.sample_rate || shape.channels != current.channels) return false;
    if (timestamp) audio_.BeginStretch(*timestamp);
    audio_.Append(planes, count);
  }
  PublishData();
  return true;
}

void CaptureSource::WritePicture(CapturedPicture picture) {
  {
    std::lock_guard<std::mutex> lock(data_mutex_);
    ApplyShape();
    video_.Push(std::move(picture), applied_.micros, applied_.video_bytes);
  }
  PublishData();
}

// --- Reading ------------------------------------------------------------------------------------------------------------

// Samples from `position` on to `until`: one item for each stretch. `*next` is behind them.
Status CaptureSource::AppendAudio(int64_t position, int64_t until, CaptureItems* items, int64_t* next) const {
  while (position < until) {
    const int64_t count = std::min(audio_.RunLength(position), until - position);
    AudioBufferPtr buffer = audio_.Copy(position, count);
    if (!buffer) return Status(StatusCode::kOutOfMemory, "out of memory");
    items->push_back(CapturedAudio{std::move(buffer), audio_.shape().sample_rate, audio_.TimestampAt(position)});
    position += count;
  }
  *next = position;
  return Status::Ok();
}

Status CaptureSource::ReadLast(int64_t micros, bool audio, bool video, CaptureBatch* batch) {
  std::lock_guard<std::mutex> lock(data_mutex_);
  ApplyShape();
  if (audio && audio_.is_allocated()) {
    const int64_t end = audio_.end();
    int64_t next;
    Status status = AppendAudio(audio_.PositionAt(audio_.TimestampAt(end) - micros), end, &batch->items, &next);
    if (!status.ok()) return status;
  }
  if (video && !video_.empty()) {
    for (int64_t i = video_.IndexAt(video_.end_timestamp() - micros); i < video_.end(); i++) {
      batch->items.push_back(video_.At(i));
    }
  }
  SortByTime(&batch->items);
  return Status::Ok();
}

// Where the cursor is too far behind, it goes on nearer to the newest.
void CaptureSource::SkipLost(CaptureCursor* cursor, CaptureBatch* batch) const {
  if (cursor->audio && audio_.is_allocated()) {
    const int64_t begin = audio_.begin(), end = audio_.end();
    int64_t to = cursor->sample;
    if (to < begin) to = begin + (end - begin) / kEdgePart;
    const int64_t newest = audio_.TimestampAt(end);
    if (cursor->max_lag > 0 && newest - audio_.TimestampAt(to) > cursor->max_lag)
      to = std::max(to, audio_.PositionAt(newest - cursor->max_lag / 2));
    batch->lost_samples += to - cursor->sample;
    cursor->sample = to;
  }
  if (cursor->video && !video_.empty() && cursor->picture < video_.end()) {
    const int64_t begin = video_.begin(), end = video_.end();
    int64_t to = cursor->picture;
    if (to < begin) to = begin + (end - begin) / kEdgePart;
    const int64_t newest = video_.At(end - 1).timestamp;
    if (cursor->max_lag > 0 && newest - video_.At(to).timestamp > cursor->max_lag)
      to = std::max(to, video_.IndexAt(newest - cursor->max_lag / 2));
    batch->lost_pictures += to - cursor->picture;
    cursor->picture = to;
  }
}

Status CaptureSource::ReadNext(CaptureCursor* cursor, CaptureBatch* batch, bool* found) {
  // Asked for before looking, so that what was written before the end is not missed.
  const bool is_final = IsFinal(status().state);
  std::lock_guard<std::mutex> lock(data_mutex_);
  ApplyShape();
  if (audio_.is_allocated()) {
    cursor->sample = audio_.Translate(cursor->sample, cursor->sample_rate);
    cursor->sample_rate = audio_.shape().sample_rate;
  }
  if (!cursor->begun) {
    cursor->begun = true;
    if (audio_.is_allocated()) cursor->sample = audio_.PositionAt(audio_.TimestampAt(audio_.end()) - cursor->last);
    if (!video_.empty()) {
      cursor->picture = cursor->last > 0 ? video_.IndexAt(video_.end_timestamp() - cursor->last) : video_.end();
    }
  }
  SkipLost(cursor, batch);
  const bool has_audio = cursor->audio && audio_.is_allocated() && cursor->sample < audio_.end();
  const bool has_video = cursor->video && cursor->picture < video_.end();
  *found = has_audio || has_video || is_final;
  batch->ended = is_final && !has_audio && !has_video;
  constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  const int64_t until = std::min(has_audio ? audio_.TimestampAt(cursor->sample) : kNever,
                                 has_video ? video_.At(cursor->picture).timestamp : kNever);
  if (has_audio) {
    const int64_t end = std::min(audio_.PositionAt(until + kBatchMicros), audio_.end());
    Status status = AppendAudio(cursor->sample, end, &batch->items, &cursor->sample);
    if (!status.ok()) return status;
  }
  for (int64_t n = 0; has_video && n < kBatchPictures && cursor->picture < video_.end(); n++) {
    const CapturedPicture& picture = video_.At(cursor->picture);
    if (picture.timestamp >= until + kBatchMicros) break;
    batch->items.push_back(picture);
    cursor->picture++;
  }
  SortByTime(&batch->items);
  return Status::Ok();
}

}  // namespace webcodecs
