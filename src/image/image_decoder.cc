#include "image/image_decoder.h"

#include <new>
#include <utility>

#include "util/job_pool.h"

namespace webcodecs {

ImageDecoder::ImageDecoder(std::shared_ptr<EnvState> state, int32_t id, ImageReaderPtr reader,
                           const ImageOptions& options)
    : state_(std::move(state)), id_(id), options_(options), reader_(std::move(reader)) {}

void ImageDecoder::Append(std::vector<uint8_t> bytes, bool complete) {
  if (closed_) return;
  state_->BeginTask();
  Post([this, bytes = std::move(bytes), complete]() mutable { RunAppend(std::move(bytes), complete); });
}

void ImageDecoder::Decode(int32_t request_id, ImageRequest request) {
  if (closed_) return;
  state_->BeginTask();
  Post([this, request_id, epoch = epoch_.load(), request = std::move(request)] {
    RunDecode(request_id, epoch, request);
  });
}

void ImageDecoder::Close() {
  if (closed_) return;
  closed_ = true;
  Abort();
  // Not one of the environment's tasks: finalizers close too, when the environment may be gone.
  Post([this] {
    reader_.reset();
    std::vector<uint8_t>().swap(bytes_);
    CountBytes(0);
    counted_.reset();
  });
}

void ImageDecoder::Post(Task task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return;
  }
  JobPool::Global().Post([self = shared_from_this()] { self->RunOne(); });
}

void ImageDecoder::RunOne() {
  Task* task;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    task = &tasks_.front();  // a deque's elements stay where they are
  }
  (*task)();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks_.pop_front();
    if (tasks_.empty()) return;
  }
  // Others get their turn first.
  JobPool::Global().Post([self = shared_from_this()] { self->RunOne(); });
}

void ImageDecoder::Send(decltype(Event::payload) payload) { state_->Post(Event{id_, 0, std::move(payload)}, 1); }

void ImageDecoder::CountBytes(size_t held) {
  const int64_t change = static_cast<int64_t>(held) - static_cast<int64_t>(counted_bytes_);
  GlobalCounters().image_bytes.fetch_add(change, std::memory_order_relaxed);
  counted_bytes_ = held;
}

void ImageDecoder::RunAppend(std::vector<uint8_t> bytes, bool complete) {
  // What was found malformed, and what was closed, takes no more.
  if (failed_ || !reader_) return state_->EndTask();
  Status status;
  try {
    if (bytes_.empty())
      bytes_ = std::move(bytes);
    else
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    CountBytes(bytes_.capacity());
    complete_ = complete;
    if (!bytes_.empty()) status = reader_->Parse({bytes_.data(), bytes_.size(), complete_});
  } catch (const std::bad_alloc&) {
    status = Status(StatusCode::kOutOfMemory, "out of memory");
  }
  failed_ = !status.ok();
  Send(ImageTracksEvent{std::move(status), complete, reader_->tracks(), reader_->primary_track()});
}

void ImageDecoder::RunDecode(int32_t request_id, int32_t epoch, ImageRequest request) {
  request.aborted = [this, epoch] { return epoch_.load() != epoch; };
  if (!reader_ || request.aborted()) return state_->EndTask();
  Status status;
  std::optional<ImageOutput> output;
  FinishedImage finished;
  ImageFrameEvent event;
  try {
    status = reader_->Decode({bytes_.data(), bytes_.size(), complete_}, request, &output);
    if (status.ok() && output && !request.aborted()) {
      event.timestamp = output->timestamp;
      event.duration = output->duration;
      event.orientation = output->orientation;
      event.complete = output->complete;
      event.generation = output->generation;
      status = FinishImage(std::move(*output), options_, &finished);
    }
  } catch (const std::bad_alloc&) {
    status = Status(StatusCode::kOutOfMemory, "out of memory");
  }
  if (request.aborted()) return state_->EndTask();
  if (!status.ok()) return Send(ImageErrorEvent{request_id, std::move(status)});
  if (!output) return Send(ImageErrorEvent{request_id, Status::Ok()});
  event.request_id = request_id;
  event.picture = std::move(finished.picture);
  event.format = finished.format;
  event.visible = finished.visible;
  event.color = finished.color;
  Send(std::move(event));
}

}  // namespace webcodecs
