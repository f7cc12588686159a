#include "util/cpu.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#ifdef __linux__
#include <sched.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#endif

namespace webcodecs {

namespace {

#ifdef __linux__

constexpr double kNoLimit = 1e9;

// Version 2: "max 100000", or "150000 100000" for one and a half processors.
double UnifiedQuota(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return kNoLimit;
  return std::strtod(quota.c_str(), nullptr) / period;
}

// Version 1, where -1 stands for no quota.
double LegacyQuota(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us"), period_file(folder + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return kNoLimit;
  return quota / period;
}

// The least quota of a group and of those that it is part of. In a container's own namespace, where the path may be one
// of the machine's, the top of the mount is what counts.
double LeastQuota(const std::string& mount, std::string path, double (*quota_of)(const std::string&)) {
  double least = quota_of(mount);
  while (path.size() > 1) {
    least = std::min(least, quota_of(mount + path));
    path.resize(path.find_last_of('/'));
  }
  return least;
}

bool HasController(const std::string& controllers, const std::string& wanted) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == wanted) return true;
  }
  return false;
}

// In processors.
double GroupQuota() {
  double quota = kNoLimit;
  // Each line: the hierarchy's number, its controllers (none: version 2), and the path of the group.
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (path.empty() || path[0] != '/') continue;
    if (controllers.empty()) {
      quota = std::min(quota, LeastQuota("/sys/fs/cgroup", path, UnifiedQuota));
    } else if (HasController(controllers, "cpu")) {
      quota = std::min(quota, LeastQuota("/sys/fs/cgroup/cpu", path, LegacyQuota));
    }
  }
  return quota;
}

#endif  // __linux__

int CountProcessors() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) count = CPU_COUNT(&set);
  count = static_cast<int>(std::min<double>(count, std::ceil(GroupQuota())));
#endif
  return std::max(count, 1);
}

}  // namespace

int AvailableProcessors() {
  static const int count = CountProcessors();
  return count;
}

int AskedThreads(int configured) {
  constexpr int kMaxThreads = 64;
  const char* variable = std::getenv("WEBCODECS_NATIVE_THREADS");
  const int asked = configured > 0 ? configured : variable ? std::atoi(variable) : 0;
  return std::clamp(asked, 0, kMaxThreads);
}

}  // namespace webcodecs
