#include "capture/capture_reader.h"

#include <new>
#include <utility>

#include "util/job_pool.h"

namespace webcodecs {

CaptureReader::CaptureReader(std::shared_ptr<EnvState> env, int32_t id, std::shared_ptr<CaptureSource> source)
    : env_(std::move(env)), id_(id), source_(std::move(source)), follow_(std::make_shared<Follow>()) {}

void CaptureReader::Answer(int32_t request_id, const Status& status, CaptureBatch batch) {
  env_->Post(Event{id_, 0, CaptureEvent{request_id, status, std::move(batch)}}, 1);
}

void CaptureReader::ReadLast(int32_t request_id, int64_t micros, bool audio, bool video) {
  env_->BeginTask();
  JobPool::Global().Post([self = shared_from_this(), source = source_, request_id, micros, audio, video] {
    CaptureBatch batch;
    Status status;
    try {
      status = source->ReadLast(micros, audio, video, &batch);
    } catch (const std::bad_alloc&) {
      status = Status(StatusCode::kOutOfMemory, "out of memory");
    }
    if (!status.ok()) batch.items.clear();
    self->Answer(request_id, status, std::move(batch));
  });
}

void CaptureReader::BeginFollow(CaptureCursor cursor) {
  std::lock_guard<std::mutex> lock(mutex_);
  follow_ = std::make_shared<Follow>();
  follow_->cursor = cursor;
}

void CaptureReader::Next(int32_t request_id) {
  env_->BeginTask();
  JobPool::Global().Post([self = shared_from_this(), request_id, follow = follow_, source = source_] {
    self->Pump(request_id, follow, source);
  });
}

void CaptureReader::Pump(int32_t request_id, const std::shared_ptr<Follow>& follow,
                         const std::shared_ptr<CaptureSource>& source) {
  for (;;) {
    const uint64_t seen = source->news();
    CaptureBatch batch;
    Status status;
    bool found = false;
    try {
      std::lock_guard<std::mutex> lock(follow->mutex);
      status = source->ReadNext(&follow->cursor, &batch, &found);
    } catch (const std::bad_alloc&) {
      status = Status(StatusCode::kOutOfMemory, "out of memory");
    }
    if (!status.ok()) batch.items.clear();
    if (found || !status.ok()) return Answer(request_id, status, std::move(batch));
    {
      std::lock_guard<std::mutex> lock(mutex_);
      // Cancelled, and perhaps followed anew: nobody wants the answer.
      if (follow_ != follow) return env_->EndTask();
      waiting_next_ = request_id;
    }
    if (source->AddWaiter(weak_from_this(), seen)) return;
    // There is news already. Another thread may have taken the request for it.
    std::lock_guard<std::mutex> lock(mutex_);
    if (std::exchange(waiting_next_, 0) == 0) return;
  }
}

void CaptureReader::AwaitChange(int32_t request_id, int32_t version) {
  env_->BeginTask();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    wanted_change_ = request_id;
  }
  WatchState({request_id, version}, source_);
}

void CaptureReader::WatchState(Change change, const std::shared_ptr<CaptureSource>& source) {
  for (;;) {
    const uint64_t seen = source->news();
    if (source->status().version != change.version) return Answer(change.request_id, Status::Ok(), {});
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (wanted_change_ != change.request_id) return env_->EndTask();
      waiting_change_ = change;
    }
    if (source->AddWaiter(weak_from_this(), seen)) return;
    std::lock_guard<std::mutex> lock(mutex_);
    if (!std::exchange(waiting_change_, std::nullopt)) return;
  }
}

void CaptureReader::OnNews() {
  int32_t next;
  std::optional<Change> change;
  std::shared_ptr<CaptureSource> source;
  std::shared_ptr<Follow> follow;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    next = std::exchange(waiting_next_, 0);
    change = std::exchange(waiting_change_, std::nullopt);
    source = source_;
    follow = follow_;
  }
  if (next != 0) Pump(next, follow, source);
  if (change) WatchState(*change, source);
}

void CaptureReader::CancelNext() {
  std::lock_guard<std::mutex> lock(mutex_);
  follow_.reset();
  // What a job reads right now is still answered, and dropped by JavaScript.
  if (std::exchange(waiting_next_, 0) != 0) env_->EndTask();
}

void CaptureReader::CancelChange() {
  std::lock_guard<std::mutex> lock(mutex_);
  wanted_change_ = 0;
  if (std::exchange(waiting_change_, std::nullopt)) env_->EndTask();
}

void CaptureReader::Close() {
  CancelNext();
  CancelChange();
  std::shared_ptr<CaptureSource> source;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    source_.swap(source);
    counted_.reset();
  }
  // Pictures by the hundred are not freed in a moment, if this is their last owner.
  if (source) JobPool::Global().Post([source = std::move(source)]() mutable { source.reset(); });
}

}  // namespace webcodecs
