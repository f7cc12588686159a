// What has to travel beside a frame through a codec that only carries a pts: keyed by that pts, and bounded, because
// an entry that no output ever claims (a dropped frame, the second field of a picture) must not stay for ever.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "util/counters.h"

namespace webcodecs {

struct FrameInfo {
  int64_t timestamp;
  std::optional<int64_t> duration;
#if WEBCODECS_DEBUG
  CountedBy counted{GlobalCounters().frame_info_entries};
#endif
};

class FrameInfoMap {
 public:
  // `bound` must lie above the codec's own delay.
  void Begin(size_t bound) {
    entries_.clear();
    bound_ = bound;
  }

  // Keys grow, so the first entry is the oldest.
  void Put(int64_t pts, FrameInfo info) {
    entries_.emplace(pts, std::move(info));
    while (entries_.size() > bound_) {
      entries_.erase(entries_.begin());
      GlobalCounters().evicted_frame_info.fetch_add(1, std::memory_order_relaxed);
    }
  }

  std::optional<FrameInfo> Take(int64_t pts) {
    auto found = entries_.find(pts);
    if (found == entries_.end()) return std::nullopt;
    FrameInfo info = std::move(found->second);
    entries_.erase(found);
    return info;
  }

  void Clear() { entries_.clear(); }

 private:
  std::map<int64_t, FrameInfo> entries_;
  size_t bound_ = 64;
};

}  // namespace webcodecs
