// The last seconds of a source's pictures, as the decoder made them. Not synchronised: CaptureSource guards it.
#pragma once

#include <cstdint>
#include <deque>

#include "capture/capture_item.h"

namespace webcodecs {

class VideoRing {
 public:
  // Lets the oldest pictures go that are `max_micros` older than this one, or that make the whole exceed `max_bytes`. This
  // one always stays.
  void Push(CapturedPicture picture, int64_t max_micros, int64_t max_bytes);

  // Pictures are numbered from the first that the source gave: the oldest here, and behind the newest.
  int64_t begin() const { return begin_; }
  int64_t end() const { return begin_ + static_cast<int64_t>(pictures_.size()); }
  const CapturedPicture& At(int64_t index) const { return pictures_[static_cast<size_t>(index - begin_)]; }
  // The first picture that is not before `timestamp`.
  int64_t IndexAt(int64_t timestamp) const;
  // Behind the newest. There must be a picture.
  int64_t end_timestamp() const { return pictures_.back().timestamp + pictures_.back().duration.value_or(0); }
  bool empty() const { return pictures_.empty(); }
  int64_t bytes() const { return bytes_; }

 private:
  std::deque<CapturedPicture> pictures_;
  int64_t begin_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace webcodecs
