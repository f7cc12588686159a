#include "plan/hardware_probe.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "plan/probe_cache.h"
#include "util/background_thread.h"

namespace webcodecs {

namespace {

using std::chrono::seconds;

// Drivers take up to a second to start.
constexpr seconds kPatience{5};
// A device may be plugged in, or its driver installed; and it may be taken away.
constexpr seconds kFailureLifetime{5};
constexpr seconds kSuccessLifetime{300};

// Probes that did not come back in time: each keeps a thread, and the next would only wait for the same driver.
std::atomic<int> lost_probes{0};

struct Run {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  bool lost = false;
  Status status;
};

Status RunBounded(std::function<Status()> probe) {
  if (lost_probes > 0) return Status(StatusCode::kNotSupported, "a driver still does not answer");
  auto run = std::make_shared<Run>();
  const bool started = StartBackgroundThread("webcodecs-probe", [run, probe = std::move(probe)] {
    Status status = probe();
    std::lock_guard<std::mutex> lock(run->mutex);
    run->done = true;
    run->status = std::move(status);
    if (run->lost) --lost_probes;
    run->ended.notify_all();
  });
  if (!started) return Status(StatusCode::kOutOfMemory, "no thread for the probe");
  std::unique_lock<std::mutex> lock(run->mutex);
  if (run->ended.wait_for(lock, kPatience, [&] { return run->done; })) return run->status;
  run->lost = true;
  ++lost_probes;
  return Status(StatusCode::kNotSupported, "the driver does not answer");
}

}  // namespace

Status ProbeDevice(const std::string& key, std::function<Status()> probe) {
  // Never destroyed: probes may run while the process exits.
  static auto* cache = new ProbeCache();
  // One at a time: what a second would ask is mostly what the first is finding out.
  static auto* mutex = new std::mutex();
  std::lock_guard<std::mutex> lock(*mutex);
  if (std::optional<Status> known = cache->Find(key)) return *known;
  Status status = RunBounded(std::move(probe));
  cache->Keep(key, status, status.ok() ? kSuccessLifetime : kFailureLifetime);
  return status;
}

}  // namespace webcodecs
