#include "capture/video_ring.h"

#include <algorithm>
#include <utility>

namespace webcodecs {

void VideoRing::Push(CapturedPicture picture, int64_t max_micros, int64_t max_bytes) {
  const int64_t oldest = picture.timestamp - max_micros;
  bytes_ += static_cast<int64_t>(picture.picture->bytes());
  pictures_.push_back(std::move(picture));
  while (pictures_.size() > 1 && (pictures_.front().timestamp < oldest || bytes_ > max_bytes)) {
    bytes_ -= static_cast<int64_t>(pictures_.front().picture->bytes());
    pictures_.pop_front();
    begin_++;
  }
}

int64_t VideoRing::IndexAt(int64_t timestamp) const {
  const auto found =
      std::lower_bound(pictures_.begin(), pictures_.end(), timestamp,
                       [](const CapturedPicture& picture, int64_t value) { return picture.timestamp < value; });
  return begin_ + (found - pictures_.begin());
}

}  // namespace webcodecs
