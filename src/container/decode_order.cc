#include "container/decode_order.h"

#include <algorithm>
#include <string>

namespace webcodecs {

Status DecodeOrder::Push(AVPacketPtr packet, std::deque<AVPacketPtr>* ready) {
  times_.push(packet->pts);
  if (!begun_) {
    first_.push_back(std::move(packet));
    return first_.size() > delay_ ? Begin(ready) : Status::Ok();
  }
  const int64_t dts = times_.top();
  times_.pop();
  return Give(std::move(packet), dts, ready);
}

Status DecodeOrder::Flush(std::deque<AVPacketPtr>* ready) { return begun_ ? Status::Ok() : Begin(ready); }

Status DecodeOrder::Begin(std::deque<AVPacketPtr>* ready) {
  begun_ = true;
  if (first_.empty()) return Status::Ok();
  const int64_t lowest = times_.top();
  const size_t count = first_.size();
  // A stream that ends before its delay is over: what comes first in time is moved back by what there is.
  const size_t delay = std::min(delay_, count - 1);
  for (size_t i = 0; i < count; ++i) {
    int64_t dts = lowest - static_cast<int64_t>(delay - std::min(i, delay)) * frame_duration_;
    if (i >= delay) {
      dts = times_.top();
      times_.pop();
    }
    Status status = Give(std::move(first_[i]), dts, ready);
    if (!status.ok()) return status;
  }
  first_.clear();
  return Status::Ok();
}

Status DecodeOrder::Give(AVPacketPtr packet, int64_t dts, std::deque<AVPacketPtr>* ready) {
  // Two pictures at one moment: the second is decoded a unit later.
  if (last_ && dts <= *last_) dts = *last_ + 1;
  if (dts > packet->pts) {
    return Status(StatusCode::kDataError,
                  "expected chunks in decode order, with a timestamp of its own each, but one is later than " +
                      std::to_string(delay_) + " reordered pictures allow");
  }
  packet->dts = dts;
  last_ = dts;
  ready->push_back(std::move(packet));
  return Status::Ok();
}

}  // namespace webcodecs
