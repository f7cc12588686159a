// Who allocated what: off unless somebody looks for a leak. While it is off, an allocation costs one relaxed load.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace webcodecs {

// What memory is for. Keep in step with ALLOCATION_KINDS in lib/diagnostics/report.ts.
enum class AllocationKind : int {
  kCopy = 0,            // of user data, or of memory that belongs to another thread
  kPicture = 1,         // a conversion's or an image decoder's target
  kStaging = 2,         // converted pixels on their way to copyTo()'s destination
  kPacket = 3,          // an encoded chunk on its way into a decoder
  kChunk = 4,           // an encoder's output on its way to JavaScript
  kSamples = 5,         // sound on its way into an encoder
  kScratch = 6,         // rows within one conversion
  kDecodedPicture = 7,  // a decoder's own memory
  kDecodedSamples = 8,
};

// On whose behalf a thread works: numbers that Intern() gave; 0 for nobody known.
struct AllocationContext {
  int32_t source = 0;  // such as a codec
  int32_t site = 0;    // a JavaScript stack

  // Of the calling thread.
#if WITHOUT_ALLOCATION_TRACKER
  static AllocationContext Current() { return {}; }
#else
  static AllocationContext Current();
#endif
  static void SetCurrent(AllocationContext context);
};

// The calling thread works on behalf of `context` for as long as this lives.
class AllocationScope {
 public:
  explicit AllocationScope(AllocationContext context);
  ~AllocationScope();
  AllocationScope(const AllocationScope&) = delete;
  AllocationScope& operator=(const AllocationScope&) = delete;

 private:
  AllocationContext outer_;
};

class AllocationTracker {
 public:
  struct Group {
    AllocationContext context;
    AllocationKind kind = AllocationKind::kCopy;
    int64_t count = 0;  // allocations, and the part of them that no pool could serve
    int64_t fresh = 0;
    int64_t bytes = 0;
    int64_t live = 0;
    int64_t live_bytes = 0;
    int64_t most_live = 0;
  };
  struct LiveAllocation {
    AllocationContext context;
    AllocationKind kind;
    size_t size;
    bool fresh;
    double milliseconds;  // since it was made
  };
  // Handles that the garbage collector found open: to pictures (kPicture) or to sound (kSamples).
  struct Forgotten {
    AllocationContext context;
    AllocationKind kind = AllocationKind::kCopy;
    int64_t count = 0;
    int64_t bytes = 0;
  };
  struct Report {
    double milliseconds = 0;  // since tracking began
    std::vector<Group> groups;
    std::vector<LiveAllocation> live;
    std::vector<Forgotten> forgotten;
    std::vector<std::string> names;  // by number
  };

  // The one of the process; never destroyed.
  static AllocationTracker& Global();
  static bool enabled() {
#if WITHOUT_ALLOCATION_TRACKER
    return false;
#else
    return enabled_.load(std::memory_order_relaxed);
#endif
  }

  // Any thread. Turned on, it begins anew; turned off, what it knows stays readable.
  void Enable(bool enabled);
  // The number of a name, the same each time.
  int32_t Intern(const std::string& name);
  // Notes an allocation of the calling thread. Returns its number, never 0.
  uint64_t Add(AllocationKind kind, size_t size, bool fresh);
  // Does nothing when tracking began anew meanwhile.
  void Remove(uint64_t allocation);
  void AddForgotten(AllocationContext context, AllocationKind kind, size_t bytes);
  Report MakeReport() const;

 private:
  AllocationTracker();
  struct State;
  State* state_;
  static std::atomic<bool> enabled_;
};

// The note of one allocation, for as long as the allocation lives.
class TrackedAllocation {
 public:
  TrackedAllocation() = default;
  // `fresh`: whether the memory is new to the process instead of used again.
  TrackedAllocation(AllocationKind kind, size_t size, bool fresh) {
    if (AllocationTracker::enabled()) number_ = AllocationTracker::Global().Add(kind, size, fresh);
  }
  TrackedAllocation(TrackedAllocation&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
  TrackedAllocation& operator=(TrackedAllocation&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~TrackedAllocation() {
    if (number_ != 0) AllocationTracker::Global().Remove(number_);
  }

 private:
  uint64_t number_ = 0;
};

}  // namespace webcodecs
