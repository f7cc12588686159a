#include "media/frame_pool.h"

#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "util/allocator.h"
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
// A class holds as many buffers as it had in use at once in this time.
constexpr int kDemandSeconds = 10;
constexpr int kRecentSeconds = 60;
// A class that was not used for the first of these times gives half of its idle buffers back with each tick, down to the
// few that a slow stream goes on needing, and those after the second.
constexpr int64_t kQuietMillis = 1000;
constexpr size_t kKeptWhenQuiet = 2;
constexpr int64_t kForgottenMillis = 5000;
constexpr int64_t kTickMillis = 250;
// What was freed by free() rather than munmap() before the allocator is worth a trim, and the least time between two.
constexpr int64_t kTrimBytes = 1 << 20;
constexpr int64_t kTrimMillis = 10000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // the sanitizers see only what malloc and its kin hand out
#else
constexpr bool kSanitized = false;
#endif

// From kMapThreshold on, four classes to each power of two, so that at most a fifth of a buffer is waste, which is never
// touched and costs no memory; each a whole number of pages. Below, whole powers of two: packets of all sizes share
// few classes.
size_t ClassCapacity(size_t bytes) {
  if (bytes <= kSmallestClass) return kSmallestClass;
  const int log2 = 63 - __builtin_clzll(bytes - 1);
  const size_t step = bytes <= kMapThreshold ? size_t{2} << log2 : size_t{1} << (log2 - 2);
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

// The highest that a value was in each of the last seconds.
template <int kSeconds>
class RecentPeak {
 public:
  // `now` in milliseconds.
  void Set(int64_t value, int64_t now) {
    Advance(now);
    value_ = value;
    int64_t& peak = peaks_[second_ % kSeconds];
    peak = std::max(peak, value);
  }
  int64_t Get(int64_t now) {
    Advance(now);
    return *std::max_element(std::begin(peaks_), std::end(peaks_));
  }

 private:
  void Advance(int64_t now) {
    const int64_t second = now / 1000;
    for (int64_t next = std::max(second_ + 1, second - kSeconds + 1); next <= second; next++) peaks_[next % kSeconds] = value_;
    second_ = std::max(second_, second);
  }

  int64_t value_ = 0;
  int64_t second_ = 0;
  int64_t peaks_[kSeconds] = {};
};

struct IdleBuffer {
  uint8_t* data;
  size_t capacity;
  int64_t since;  // milliseconds
};

// The buffers of one capacity.
struct SizeClass {
  // The most recently used is at the back: it is the one whose memory is in the cache.
  std::vector<IdleBuffer> idle;
  int64_t in_use = 0;
  int64_t last_used = 0;
  RecentPeak<kDemandSeconds> peak;

  void Use(int64_t change, int64_t now) {
    in_use += change;
    last_used = now;
    peak.Set(in_use, now);
  }
  // How many of the idle buffers are more than demand asks for.
  size_t Surplus(int64_t now) {
    const size_t count = idle.size();
    const size_t wanted = static_cast<size_t>(std::max<int64_t>(peak.Get(now) - in_use, 0));
    size_t surplus = count > wanted ? count - wanted : 0;
    const int64_t quiet = now - last_used;
    if (quiet >= kForgottenMillis) return count;
    if (quiet >= kQuietMillis && count > kKeptWhenQuiet)
      surplus = std::max(surplus, std::min((count + 1) / 2, count - kKeptWhenQuiet));
    return surplus;
  }
};

}  // namespace

struct FramePool::State {
  mutable std::mutex mutex;
  std::condition_variable has_idle;
  std::map<size_t, SizeClass> classes;
  PoolStatistics statistics{};
  RecentPeak<kRecentSeconds> recent_peak;
  bool timer_started = false;
  int64_t freed_small = 0;  // bytes since the allocator was trimmed
  int64_t trimmed_at = 0;

  // The idle buffer to serve `capacity` from: of its own class, or, as small ones are worth little, of the next larger.
  SizeClass* FindIdle(size_t capacity) {
    for (auto it = classes.lower_bound(capacity); it != classes.end(); ++it) {
      if (it->first != capacity && it->first > kMapThreshold) break;
      if (!it->second.idle.empty()) return &it->second;
    }
    return nullptr;
  }

  void CountInUse(int64_t change, size_t capacity, int64_t now) {
    statistics.in_use += change;
    statistics.in_use_bytes += change * static_cast<int64_t>(capacity);
    statistics.high_water_bytes = std::max(statistics.high_water_bytes, statistics.in_use_bytes);
    recent_peak.Set(statistics.in_use_bytes, now);
    classes[capacity].Use(change, now);
  }

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

  void FreeAll(const std::vector<IdleBuffer>& buffers);
  bool TakeTrim(int64_t now);
  void Release(uint8_t* data, size_t capacity);
  void Trim(bool all);
  void RunTimer();
};

void FramePool::State::FreeAll(const std::vector<IdleBuffer>& buffers) {
  int64_t small = 0;
  for (const IdleBuffer& buffer : buffers) {
    WEBCODECS_UNPOISON(buffer.data, buffer.capacity);
    Free(buffer.data, buffer.capacity);
    if (buffer.capacity < kMapThreshold) small += static_cast<int64_t>(buffer.capacity);
  }
  if (small == 0) return;
  std::lock_guard<std::mutex> lock(mutex);
  freed_small += small;
}

// Whether it is time to give the allocator's own free memory back: when much has gathered, and when the last idle
// buffer has gone, with which a program has come to rest.
bool FramePool::State::TakeTrim(int64_t now) {
  std::lock_guard<std::mutex> lock(mutex);
  const bool at_rest = statistics.idle == 0 && freed_small > 0;
  if (!at_rest && (freed_small < kTrimBytes || now - trimmed_at < kTrimMillis)) return false;
  freed_small = 0;
  trimmed_at = now;
  return true;
}

void FramePool::State::Release(uint8_t* data, size_t capacity) {
  const int64_t now = NowMillis();
  std::vector<IdleBuffer> evicted;
  bool kept = false;
  {
    std::lock_guard<std::mutex> lock(mutex);
    CountInUse(-1, capacity, now);
    SizeClass& size_class = classes[capacity];
    const bool wanted =
        size_class.in_use + static_cast<int64_t>(size_class.idle.size()) < size_class.peak.Get(now);
    // Whatever the classes wanted one after the other, no more waits than was in use at once.
    const int64_t most = recent_peak.Get(now);
    const auto fits = [&] { return statistics.idle_bytes + static_cast<int64_t>(capacity) <= most; };
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
      const auto surplus_end = idle.begin() + static_cast<ptrdiff_t>(all ? idle.size() : it->second.Surplus(now));
      for (auto buffer = idle.begin(); buffer != surplus_end; ++buffer) {
        Forget(*buffer, false);
        released.push_back(*buffer);
      }
      idle.erase(idle.begin(), surplus_end);
      const bool forgotten = now - it->second.last_used >= kForgottenMillis;
      it = idle.empty() && it->second.in_use == 0 && (all || forgotten) ? classes.erase(it) : std::next(it);
    }
    while (!all && statistics.idle_bytes > recent_peak.Get(now) && TakeOldestOfOtherClass(0, &released)) {
    }
  }
  FreeAll(released);
  if (TakeTrim(now)) TrimAllocator();
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

PoolBufferPtr FramePool::Acquire(size_t size, AllocationKind kind) {
  if (size > (size_t{1} << 46)) return nullptr;
  const size_t needed = size + kPadding;
  size_t capacity = ClassCapacity(needed);
  uint8_t* data = nullptr;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    if (SizeClass* size_class = state_->FindIdle(capacity)) {
      const IdleBuffer& buffer = size_class->idle.back();
      data = buffer.data;
      capacity = buffer.capacity;
      state_->Forget(buffer, false);
      size_class->idle.pop_back();
      state_->statistics.hits++;
    } else {
      state_->statistics.misses++;
    }
    state_->CountInUse(1, capacity, NowMillis());
  }
  const bool fresh = data == nullptr;
  if (fresh) data = Allocate(capacity, needed);
  if (!data) {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->CountInUse(-1, capacity, NowMillis());
    return nullptr;
  }
  WEBCODECS_POISON(data, capacity);
  WEBCODECS_UNPOISON(data, needed);
  GlobalCounters().buffers.fetch_add(1, std::memory_order_relaxed);
  GlobalCounters().bytes.fetch_add(static_cast<int64_t>(size), std::memory_order_relaxed);
  return std::make_shared<PoolBuffer>(data, size, capacity, TrackedAllocation(kind, size, fresh));
}

PoolStatistics FramePool::statistics() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  PoolStatistics statistics = state_->statistics;
  statistics.recent_high_water_bytes = state_->recent_peak.Get(NowMillis());
  return statistics;
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

AVPacketPtr MakePoolPacket(const uint8_t* data, size_t size) {
  constexpr size_t kPacketPadding = AV_INPUT_BUFFER_PADDING_SIZE;
  if (size > INT_MAX - kPacketPadding) return nullptr;
  PoolBufferPtr buffer = FramePool::Global().Acquire(size + kPacketPadding, AllocationKind::kPacket);
  AVPacketPtr packet(av_packet_alloc());
  if (!buffer || !packet) return nullptr;
  if (size > 0) std::memcpy(buffer->data(), data, size);
  std::memset(buffer->data() + size, 0, kPacketPadding);
  packet->data = buffer->data();
  packet->size = static_cast<int>(size);
  packet->buf = WrapPoolBuffer(std::move(buffer)).release();
  return packet->buf ? std::move(packet) : nullptr;
}

}  // namespace webcodecs
