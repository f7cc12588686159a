#include "media/frame_pool.h"

#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "util/background_thread.h"
#include "util/counters.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define WEBCODECS_POISON(address, size) ASAN_POISON_MEMORY_REGION(address, size)
#define WEBCODECS_UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
#else
#define WEBCODECS_POISON(address, size) (static_cast<void>(0))
#define WEBCODECS_UNPOISON(address, size) (static_cast<void>(0))
#endif

namespace webcodecs {
namespace {

// From here on memory comes from mmap() itself. glibc would do the same at first, but raises its threshold with
// every large block that is freed, and then keeps what is freed in its heap.
constexpr size_t kMapThreshold = 128 * 1024;
constexpr size_t kSmallestClass = 4096;
// Whatever the demand was, no more than this waits for reuse.
constexpr int64_t kMaxIdleBytes = 64 << 20;
// An idle buffer that nobody wanted for this long goes back to the system, within one tick.
constexpr int64_t kMaxIdleMillis = 1000;
constexpr int64_t kTickMillis = 250;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // the sanitizers see only what malloc and its kin hand out
#else
constexpr bool kSanitized = false;
#endif

// Four classes to each power of two, so that at most a fifth of a buffer is waste (and, where it is mapped, untouched
// waste, which costs no memory). Every class from 128 kB up is a whole number of pages.
size_t ClassCapacity(size_t bytes) {
  if (bytes <= kSmallestClass) return kSmallestClass;
  const int log2 = 63 - __builtin_clzll(bytes - 1);
  const size_t step = size_t{1} << (log2 - 2);
  return (bytes + step - 1) & ~(step - 1);
}

uint8_t* Allocate(size_t capacity, size_t touched) {
  if (kSanitized || capacity < kMapThreshold)
    return static_cast<uint8_t*>(std::aligned_alloc(FramePool::kAlignment, capacity));
  void* data = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return nullptr;
#if defined(MADV_POPULATE_WRITE)
  // One call instead of a page fault for every 4 kB; older kernels refuse, and fault.
  madvise(data, touched, MADV_POPULATE_WRITE);
#endif
  return static_cast<uint8_t*>(data);
}

void Free(uint8_t* data, size_t capacity) {
  if (kSanitized || capacity < kMapThreshold)
    std::free(data);
  else
    munmap(data, capacity);
}

int64_t NowMillis() {
  timespec now;
#if defined(CLOCK_MONOTONIC_COARSE)
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
  clock_gettime(CLOCK_MONOTONIC, &now);
#endif
  return now.tv_sec * int64_t{1000} + now.tv_nsec / 1000000;
}

struct IdleBuffer {
  uint8_t* data;
  size_t capacity;
  int64_t since;  // milliseconds
};

// The buffers of one capacity. No more wait than were in use at once in this and the last period: a packet's buffer must
// not cost a picture its place, nor the other way round.
struct SizeClass {
  // The most recently used is at the back: it is the one whose memory is in the cache.
  std::vector<IdleBuffer> idle;
  int64_t in_use = 0;
  int64_t period_start = 0, period_high = 0, last_period_high = 0;

  void NoteDemand(int64_t now) {
    if (now - period_start >= kMaxIdleMillis) {
      last_period_high = now - period_start >= 2 * kMaxIdleMillis ? 0 : period_high;
      period_high = 0;
      period_start = now;
    }
    period_high = std::max(period_high, in_use);
  }
  bool Wants() const { return static_cast<int64_t>(idle.size()) < std::max(period_high, last_period_high); }
};

void FreeAll(const std::vector<IdleBuffer>& buffers) {
  for (const IdleBuffer& buffer : buffers) {
    WEBCODECS_UNPOISON(buffer.data, buffer.capacity);
    Free(buffer.data, buffer.capacity);
  }
}

}  // namespace

struct FramePool::State {
  mutable std::mutex mutex;
  std::condition_variable has_idle;
  std::map<size_t, SizeClass> classes;
  PoolStatistics statistics{};
  bool timer_started = false;

  void Forget(const IdleBuffer& buffer, bool evicted) {
    statistics.idle--;
    statistics.idle_bytes -= static_cast<int64_t>(buffer.capacity);
    if (evicted) statistics.evictions++;
  }

  // Takes the buffer that waited longest among the classes other than `capacity`'s.
  bool TakeOldestOfOtherClass(size_t capacity, std::vector<IdleBuffer>* taken) {
    auto oldest = classes.end();
    for (auto it = classes.begin(); it != classes.end(); ++it) {
      if (it->first == capacity || it->second.idle.empty()) continue;
      if (oldest == classes.end() || it->second.idle.front().since < oldest->second.idle.front().since) oldest = it;
    }
    if (oldest == classes.end()) return false;
    taken->push_back(oldest->second.idle.front());
    oldest->second.idle.erase(oldest->second.idle.begin());
    Forget(taken->back(), true);
    return true;
  }

  void Release(uint8_t* data, size_t capacity);
  void Trim(bool all);
  void RunTimer();
};

void FramePool::State::Release(uint8_t* data, size_t capacity) {
  const int64_t now = NowMillis();
  std::vector<IdleBuffer> evicted;
  bool kept = false;
  {
    std::lock_guard<std::mutex> lock(mutex);
    SizeClass& size_class = classes[capacity];
    size_class.NoteDemand(now);
    size_class.in_use--;
    statistics.in_use--;
    statistics.in_use_bytes -= static_cast<int64_t>(capacity);
    const bool wanted = size_class.Wants();
    const auto fits = [&] { return statistics.idle_bytes + static_cast<int64_t>(capacity) <= kMaxIdleBytes; };
    // Room is made at the cost of sizes that are used less.
    while (wanted && !fits() && TakeOldestOfOtherClass(capacity, &evicted)) {
    }
    if (!timer_started)
      timer_started = StartBackgroundThread("webcodecs-pool", [this] { RunTimer(); });
    if (wanted && fits() && timer_started) {
      WEBCODECS_POISON(data, capacity);
      size_class.idle.push_back(IdleBuffer{data, capacity, now});
      statistics.idle++;
      statistics.idle_bytes += static_cast<int64_t>(capacity);
      kept = true;
      if (statistics.idle == 1) has_idle.notify_one();
    } else {
      statistics.evictions++;
    }
  }
  if (!kept) evicted.push_back(IdleBuffer{data, capacity, now});
  FreeAll(evicted);
}

void FramePool::State::Trim(bool all) {
  const int64_t now = NowMillis();
  std::vector<IdleBuffer> released;
  {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto it = classes.begin(); it != classes.end();) {
      std::vector<IdleBuffer>& idle = it->second.idle;
      const auto stale_end = std::find_if(idle.begin(), idle.end(), [&](const IdleBuffer& buffer) {
        return !all && now - buffer.since < kMaxIdleMillis;
      });
      for (auto buffer = idle.begin(); buffer != stale_end; ++buffer) {
        Forget(*buffer, false);
        released.push_back(*buffer);
      }
      idle.erase(idle.begin(), stale_end);
      it = idle.empty() && it->second.in_use == 0 ? classes.erase(it) : std::next(it);
    }
  }
  FreeAll(released);
}

// Sleeps for as long as nothing is idle. nanosleep() rather than a timed wait, which older ThreadSanitizers
// misunderstand.
void FramePool::State::RunTimer() {
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex);
      has_idle.wait(lock, [this] { return statistics.idle > 0; });
    }
    const timespec tick{kTickMillis / 1000, (kTickMillis % 1000) * 1000000};
    nanosleep(&tick, nullptr);
    Trim(false);
  }
}

FramePool::FramePool() : state_(new State()) {}

FramePool& FramePool::Global() {
  static FramePool* pool = new FramePool();
  return *pool;
}

PoolBufferPtr FramePool::Acquire(size_t size) {
  if (size > (size_t{1} << 46)) return nullptr;
  const size_t needed = size + kPadding;
  const size_t capacity = ClassCapacity(needed);
  uint8_t* data = nullptr;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    PoolStatistics& statistics = state_->statistics;
    SizeClass& size_class = state_->classes[capacity];
    if (!size_class.idle.empty()) {
      data = size_class.idle.back().data;
      state_->Forget(size_class.idle.back(), false);
      size_class.idle.pop_back();
      statistics.hits++;
    } else {
      statistics.misses++;
    }
    statistics.in_use++;
    statistics.in_use_bytes += static_cast<int64_t>(capacity);
    statistics.high_water_bytes = std::max(statistics.high_water_bytes, statistics.in_use_bytes);
    size_class.in_use++;
    size_class.NoteDemand(NowMillis());
  }
  if (!data) data = Allocate(capacity, needed);
  if (!data) {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->classes[capacity].in_use--;
    state_->statistics.in_use--;
    state_->statistics.in_use_bytes -= static_cast<int64_t>(capacity);
    return nullptr;
  }
  WEBCODECS_POISON(data, capacity);
  WEBCODECS_UNPOISON(data, needed);
  GlobalCounters().buffers.fetch_add(1, std::memory_order_relaxed);
  GlobalCounters().bytes.fetch_add(static_cast<int64_t>(size), std::memory_order_relaxed);
  return std::make_shared<PoolBuffer>(data, size, capacity);
}

PoolStatistics FramePool::statistics() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->statistics;
}

void FramePool::Trim(bool all) { state_->Trim(all); }

PoolBuffer::~PoolBuffer() {
  GlobalCounters().buffers.fetch_sub(1, std::memory_order_relaxed);
  GlobalCounters().bytes.fetch_sub(static_cast<int64_t>(size_), std::memory_order_relaxed);
  FramePool::Global().state_->Release(data_, capacity_);
}

AVBufferRefPtr WrapPoolBuffer(PoolBufferPtr buffer) {
  if (!buffer) return nullptr;
  uint8_t* data = buffer->data();
  const size_t size = buffer->size();
  auto* owner = new PoolBufferPtr(std::move(buffer));
  const auto release = [](void* opaque, uint8_t*) { delete static_cast<PoolBufferPtr*>(opaque); };
  AVBufferRefPtr reference(av_buffer_create(data, size, release, owner, 0));
  if (!reference) delete owner;
  return reference;
}

}  // namespace webcodecs
