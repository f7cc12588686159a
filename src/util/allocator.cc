#include "util/allocator.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace webcodecs {

namespace {

constexpr int64_t kLeastSeconds = 2;

}  // namespace

void TrimAllocator() {
// The sanitizers have allocators of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  malloc_trim(0);
#endif
}

void TrimAllocatorAfterCodec() {
  static std::atomic<int64_t> last{0};
  using std::chrono::duration_cast;
  const int64_t now = duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  int64_t before = last.load(std::memory_order_relaxed);
  if (now - before >= kLeastSeconds && last.compare_exchange_strong(before, now)) TrimAllocator();
}

}  // namespace webcodecs
