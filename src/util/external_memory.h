// Tells V8 of the memory that its objects hold without its knowledge.
#pragma once

#include <napi.h>

#include <cstdint>
#include <cstdlib>

namespace webcodecs {

// Of one environment; for its thread. V8 begins a collection as soon as it hears of 64 MB more than it once heard of,
// which the pictures between a decoder and an encoder, opened and closed many times a second, would be now and then: so
// it hears of lasting changes.
class ExternalMemory {
 public:
  void Add(Napi::BasicEnv env, int64_t bytes) {
    untold_ += bytes;
    if (std::llabs(untold_) < kStep) return;
    Napi::MemoryManagement::AdjustExternalMemory(env, untold_);
    untold_ = 0;
  }

 private:
  static constexpr int64_t kStep = int64_t{32} << 20;
  int64_t untold_ = 0;
};

}  // namespace webcodecs
