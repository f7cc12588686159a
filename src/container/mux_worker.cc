#include "container/mux_worker.h"

#include <utility>

namespace webcodecs {

void MuxWorker::Open(MediaOutputOptions options, std::shared_ptr<JsByteSink> sink) {
  {
    std::lock_guard<std::mutex> lock(output_mutex_);
    sink_ = std::move(sink);
    output_ = std::make_shared<MediaOutput>(sink_);
  }
  Submit([this, options = std::move(options)] {
    const Status status = Failed() ? Status::Ok() : output_->Open(options);
    if (!status.ok() || Failed()) return EndTask(status, DoneEvent{0});
    const AVOutputFormat& format = *output_->format();
    Post(OutputOpenedEvent{format.name, format.long_name ? format.long_name : "", (format.flags & AVFMT_NOFILE) != 0}, 1);
  });
}

void MuxWorker::Start(std::vector<OutputTrack> tracks) {
  Submit([this, tracks = std::move(tracks)] {
    Status status;
    for (size_t i = 0; i < tracks.size() && status.ok() && !Failed(); ++i) status = output_->AddTrack(tracks[i]);
    EndTask(status, DoneEvent{0});
  });
}

void MuxWorker::Write(OutputPacket packet) {
  Submit([this, packet = std::move(packet)]() mutable {
    EndTask(Failed() || Stale() ? Status::Ok() : output_->Write(std::move(packet)), DoneEvent{1});
  });
}

void MuxWorker::Finish() {
  Submit([this] {
    Status status = Failed() ? Status::Ok() : output_->Finish();
    if (!status.ok() || Failed()) return EndTask(status, DoneEvent{0});
    const int error = sink_ ? sink_->Drain() : 0;
    if (error < 0) return EndTask(Status::FromAv(StatusCodeOfIo(error), "cannot write the output", error), DoneEvent{0});
    Post(OutputFinishedEvent{output_->size(), output_->duration()}, 1);
  });
}

void MuxWorker::Abort() {
  Interrupt();
  Submit([this] { EndTask(Status(StatusCode::kAborted, "the output was aborted"), DoneEvent{0}); });
}

void MuxWorker::Acknowledge(int64_t bytes, bool failed) {
  if (sink_) sink_->Acknowledge(bytes, failed);
}

void MuxWorker::DestroyCodec() {
  std::shared_ptr<MediaOutput> output;
  {
    std::lock_guard<std::mutex> lock(output_mutex_);
    output.swap(output_);
  }
  if (output) output->Interrupt();
}

void MuxWorker::Interrupt() {
  std::lock_guard<std::mutex> lock(output_mutex_);
  if (output_) output_->Interrupt();
}

}  // namespace webcodecs
