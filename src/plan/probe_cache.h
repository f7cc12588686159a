// What probes have found out, for as long as it can be taken to hold.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "util/status.h"

namespace webcodecs {

class ProbeCache {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kForEver = Clock::duration::max();

  std::optional<Status> Find(const std::string& key) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = results_.find(key);
    if (found == results_.end() || found->second.end < Clock::now()) return std::nullopt;
    return found->second.status;
  }

  void Keep(const std::string& key, const Status& status, Clock::duration lifetime) {
    // What failed for want of memory may well succeed later.
    if (status.code() == StatusCode::kOutOfMemory) return;
    std::lock_guard<std::mutex> lock(mutex_);
    if (results_.size() >= kMaxEntries) results_.clear();
    const Clock::time_point end = lifetime == kForEver ? Clock::time_point::max() : Clock::now() + lifetime;
    results_.insert_or_assign(key, Result{status, end});
  }

 private:
  static constexpr size_t kMaxEntries = 256;
  struct Result {
    Status status;
    Clock::time_point end;
  };
  std::mutex mutex_;
  std::map<std::string, Result> results_;
};

}  // namespace webcodecs
