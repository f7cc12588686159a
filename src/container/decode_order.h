// Decode timestamps for the packets of an encoder, which tell only when each picture is shown: the presentation timestamps
// in ascending order, moved back by as many pictures as the stream reorders. So none is later than its picture's
// presentation, and they increase.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

class DecodeOrder {
 public:
  // `delay`: how many pictures may be decoded before one that is shown before them; `frame_duration` in the packets' unit.
  DecodeOrder(int delay, int64_t frame_duration) : delay_(static_cast<size_t>(delay)), frame_duration_(frame_duration) {}

  // Takes the next packet, in decode order, with its pts. What has its dts is moved to `ready`.
  Status Push(AVPacketPtr packet, std::deque<AVPacketPtr>* ready);
  // No more packets come.
  Status Flush(std::deque<AVPacketPtr>* ready);

 private:
  Status Begin(std::deque<AVPacketPtr>* ready);
  Status Give(AVPacketPtr packet, int64_t dts, std::deque<AVPacketPtr>* ready);

  const size_t delay_;
  const int64_t frame_duration_;
  bool begun_ = false;
  std::deque<AVPacketPtr> first_;  // before the lowest timestamp is known
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<int64_t>> times_;
  std::optional<int64_t> last_;
};

}  // namespace webcodecs
