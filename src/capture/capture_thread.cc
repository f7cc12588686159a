#include "capture/capture_thread.h"

#include <algorithm>
#include <new>
#include <random>

#include "capture/capture_connection.h"

namespace webcodecs {

namespace {

// Exponential back-off, with up to half of it taken off at random: a hundred cameras behind one switch do not come back at
// once.
class Backoff {
 public:
  Backoff() : random_(std::random_device{}()) {}

  int64_t After(int failures, const CaptureConnectionConfig& config) {
    constexpr int kMaxShift = 20;
    const int64_t delay = config.min_delay << std::min(failures - 1, kMaxShift);
    return static_cast<int64_t>(static_cast<double>(std::min(delay, config.max_delay)) * factor_(random_));
  }

 private:
  std::minstd_rand random_;
  std::uniform_real_distribution<double> factor_{0.5, 1};
};

// Whether trying again may help. What was live before may well be so again, whatever it looks like now.
bool MayHeal(const Status& status, const CaptureAddress& address, bool was_live) {
  if (address.kind == CaptureAddress::Kind::kFile || address.kind == CaptureAddress::Kind::kFilters) return false;
  switch (status.code()) {
    case StatusCode::kNotSupported:
    case StatusCode::kDataError:
      return was_live;
    case StatusCode::kOutOfMemory:
    case StatusCode::kInternal:
      return false;
    default:
      return true;
  }
}

void Run(CaptureSource* source) {
  CaptureAddress address;
  Status status = ParseCaptureAddress(source->name(), &address);
  if (!status.ok()) return source->SetState(CaptureState::kFailed, status);
  CaptureClock clock;
  Backoff backoff;
  bool was_live = false;
  for (int failures = 0; !source->stopped();) {
    {
      CaptureConnection connection(source, &clock, address);
      status = connection.Run();
      if (source->stopped()) return;
      if (status.ok() && connection.is_at_end()) return source->SetState(CaptureState::kEnded);
      was_live |= connection.was_live();
      failures = connection.was_live() ? 1 : failures + 1;
    }
    const CaptureConnectionConfig config = source->connection_config();
    if (!MayHeal(status, address, was_live) || (config.attempts >= 0 && failures >= config.attempts + (was_live ? 1 : 0)))
      return source->SetState(CaptureState::kFailed, status);
    source->SetState(was_live ? CaptureState::kReconnecting : CaptureState::kConnecting, status);
    if (!source->Sleep(backoff.After(failures, config))) return;
  }
}

}  // namespace

void RunCapture(CaptureSource* source) {
  try {
    Run(source);
  } catch (const std::bad_alloc&) {
    source->SetState(CaptureState::kFailed, Status(StatusCode::kOutOfMemory, "out of memory"));
  }
}

}  // namespace webcodecs
