// The one time line of a source, in microseconds from its first sound or picture on, across all connections to it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace webcodecs {

// Used by the capture thread.
class CaptureClock {
 public:
  // Another connection, whose timestamps have nothing to do with those before. `realtime`: it goes on where it would be by
  // now, so that the time without it is a gap; else where the last one ended.
  void BeginConnection(bool realtime) {
    realtime_ = realtime;
    offset_.reset();
  }

  // The place of a timestamp of the connection. After a jump of more than ten seconds it is taken for one that begins anew.
  int64_t Map(int64_t timestamp) {
    const bool jumps = offset_ && std::abs(timestamp + *offset_ - newest_) > kJump;
    if (!offset_ || jumps) offset_ = std::max(end_, realtime_ ? Now() : 0) - timestamp;
    newest_ = timestamp + *offset_;
    return newest_;
  }
  // What was mapped ends here.
  void Extend(int64_t end) { end_ = std::max(end_, end); }
  int64_t end() const { return end_; }
  // How long it is until this is live.
  int64_t Until(int64_t timestamp) { return timestamp - Now(); }

 private:
  static constexpr int64_t kJump = 10'000'000;
  using Clock = std::chrono::steady_clock;

  int64_t Now() {
    if (!origin_) origin_ = Clock::now();
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - *origin_).count();
  }

  std::optional<Clock::time_point> origin_;
  bool realtime_ = true;
  std::optional<int64_t> offset_;
  int64_t newest_ = 0;
  int64_t end_ = 0;
};

}  // namespace webcodecs
