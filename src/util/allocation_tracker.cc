#include "util/allocation_tracker.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <tuple>
#include <unordered_map>

namespace webcodecs {

namespace {

using Clock = std::chrono::steady_clock;
using Key = std::tuple<int32_t, int32_t, AllocationKind>;

// A program that makes codecs, or functions, without end must not make the tracker grow without end: what goes beyond
// is counted together, under number 0.
constexpr size_t kMaxNames = 20000;
constexpr size_t kMaxGroups = 20000;

thread_local AllocationContext current_context;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <typename Entry>
Entry& FindOrAdd(std::map<Key, Entry>* entries, AllocationContext context, AllocationKind kind) {
  Key key{context.source, context.site, kind};
  if (entries->size() >= kMaxGroups && entries->count(key) == 0) {
    context = {};
    key = {0, 0, kind};
  }
  Entry& entry = (*entries)[key];
  entry.context = context;
  entry.kind = kind;
  return entry;
}

}  // namespace

#if !WITHOUT_ALLOCATION_TRACKER
AllocationContext AllocationContext::Current() { return current_context; }
#endif

void AllocationContext::SetCurrent(AllocationContext context) { current_context = context; }

AllocationScope::AllocationScope(AllocationContext context) : outer_(std::exchange(current_context, context)) {}

AllocationScope::~AllocationScope() { current_context = outer_; }

std::atomic<bool> AllocationTracker::enabled_{false};

struct AllocationTracker::State {
  struct Live {
    Group* group;
    size_t size;
    bool fresh;
    Clock::time_point since;
  };

  mutable std::mutex mutex;
  Clock::time_point began = Clock::now();
  uint64_t next = 1;
  std::unordered_map<uint64_t, Live> live;
  std::map<Key, Group> groups;
  std::map<Key, Forgotten> forgotten;
  std::unordered_map<std::string, int32_t> numbers;
  std::vector<std::string> names{""};
};

AllocationTracker::AllocationTracker() : state_(new State()) {}

AllocationTracker& AllocationTracker::Global() {
  static AllocationTracker* tracker = new AllocationTracker();
  return *tracker;
}

void AllocationTracker::Enable(bool enabled) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (enabled && !enabled_.load(std::memory_order_relaxed)) {
    state_->began = Clock::now();
    state_->live.clear();
    state_->groups.clear();
    state_->forgotten.clear();
  }
  enabled_.store(enabled, std::memory_order_relaxed);
}

int32_t AllocationTracker::Intern(const std::string& name) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  const auto known = state_->numbers.find(name);
  if (known != state_->numbers.end()) return known->second;
  if (state_->names.size() >= kMaxNames) return 0;
  const int32_t number = static_cast<int32_t>(state_->names.size());
  state_->names.push_back(name);
  state_->numbers.emplace(name, number);
  return number;
}

uint64_t AllocationTracker::Add(AllocationKind kind, size_t size, bool fresh) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  Group& group = FindOrAdd(&state_->groups, current_context, kind);
  group.count++;
  group.fresh += fresh ? 1 : 0;
  group.bytes += static_cast<int64_t>(size);
  group.live++;
  group.live_bytes += static_cast<int64_t>(size);
  group.most_live = std::max(group.most_live, group.live);
  const uint64_t number = state_->next++;
  state_->live.emplace(number, State::Live{&group, size, fresh, Clock::now()});
  return number;
}

void AllocationTracker::Remove(uint64_t allocation) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  const auto it = state_->live.find(allocation);
  if (it == state_->live.end()) return;
  it->second.group->live--;
  it->second.group->live_bytes -= static_cast<int64_t>(it->second.size);
  state_->live.erase(it);
}

void AllocationTracker::AddForgotten(AllocationContext context, AllocationKind kind, size_t bytes) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  Forgotten& forgotten = FindOrAdd(&state_->forgotten, context, kind);
  forgotten.count++;
  forgotten.bytes += static_cast<int64_t>(bytes);
}

AllocationTracker::Report AllocationTracker::MakeReport() const {
  Report report;
  std::lock_guard<std::mutex> lock(state_->mutex);
  report.milliseconds = MillisecondsSince(state_->began);
  for (const auto& [key, group] : state_->groups) report.groups.push_back(group);
  for (const auto& [key, forgotten] : state_->forgotten) report.forgotten.push_back(forgotten);
  for (const auto& [number, live] : state_->live) {
    report.live.push_back({live.group->context, live.group->kind, live.size, live.fresh, MillisecondsSince(live.since)});
  }
  report.names = state_->names;
  return report;
}

}  // namespace webcodecs
