#include "util/cpu.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

namespace webcodecs {

namespace {

int CountProcessors() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) count = CPU_COUNT(&set);
  // cgroup v2: "max 100000" or "150000 100000".
  std::ifstream quota_file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (quota_file >> quota >> period && quota != "max" && period > 0) {
    count = std::min(count, static_cast<int>(std::ceil(std::strtod(quota.c_str(), nullptr) / period)));
  }
#endif
  return std::max(count, 1);
}

}  // namespace

int AvailableProcessors() {
  static const int count = CountProcessors();
  return count;
}

}  // namespace webcodecs
