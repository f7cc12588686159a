// A few threads of our own for long copies and probes; never libuv's, which file system and DNS calls need.
#pragma once

#include <functional>

namespace webcodecs {

class JobPool {
 public:
  // The one pool of the process; its threads start with the first job and are never joined.
  static JobPool& Global();
  // `job` must not throw.
  void Post(std::function<void()> job);

 private:
  JobPool();
  struct State;
  State* state_;
};

}  // namespace webcodecs
