// How many JavaScript handles each environment has to one resource: the garbage collector of each hears of the memory
// that it keeps alive, once however many handles there are, and of what others keep alive nothing.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace webcodecs {

class HandleCounts {
 public:
  // Whether it is the first handle of the environment.
  bool Add(napi_env env) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto& [known, count] : counts_) {
      if (known == env) {
        ++count;
        return false;
      }
    }
    counts_.emplace_back(env, 1);
    return true;
  }

  // Whether it was the last handle of the environment.
  bool Remove(napi_env env) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = std::find_if(counts_.begin(), counts_.end(), [env](const auto& entry) { return entry.first == env; });
    if (it == counts_.end() || --it->second > 0) return false;
    counts_.erase(it);
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<napi_env, int>> counts_;
};

}  // namespace webcodecs
