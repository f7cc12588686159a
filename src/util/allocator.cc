#include "util/allocator.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace webcodecs {

namespace {

constexpr int64_t kLeastSeconds = 2;

// The sanitizers have allocators of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WEBCODECS_GLIBC_MALLOC
// Below the planes of all but thumbnails, above what a running codec allocates for each frame.
constexpr int kMappedFromBytes = 256 << 10;
// What may stay free at the end of a heap: without it, setting the other would leave 128 kB.
constexpr int kTrimFromBytes = 2 << 20;
#endif

}  // namespace

void SetUpAllocator() {
#if defined(WEBCODECS_GLIBC_MALLOC)
  static std::once_flag once;
  std::call_once(once, [] {
    if (std::getenv("MALLOC_MMAP_THRESHOLD_") || std::getenv("GLIBC_TUNABLES")) return;
    mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
    mallopt(M_TRIM_THRESHOLD, kTrimFromBytes);
  });
#endif
}

void TrimAllocator() {
#if defined(WEBCODECS_GLIBC_MALLOC)
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
