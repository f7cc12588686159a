// Counts of live native objects, for the whole process. Always on: a relaxed atomic costs nothing that can be measured.
#pragma once

#include <atomic>
#include <cstdint>

namespace webcodecs {

struct Counters {
  std::atomic<int64_t> frames{0};    // VideoFrame handles that JavaScript holds open
  std::atomic<int64_t> pictures{0};  // media resources, whoever holds them
  std::atomic<int64_t> audio_data{0};     // AudioData handles that JavaScript holds open
  std::atomic<int64_t> audio_buffers{0};  // media resources of sound, whoever holds them
  std::atomic<int64_t> in_flight{0};  // media resources on their way to another thread
  std::atomic<int64_t> packets{0};
  std::atomic<int64_t> buffers{0};  // pool buffers handed out
  std::atomic<int64_t> bytes{0};
  std::atomic<int64_t> codecs{0};
  std::atomic<int64_t> inputs{0};  // containers, streams and devices that are read
  std::atomic<int64_t> outputs{0};  // containers and streams that are written
  std::atomic<int64_t> capture_sources{0};  // with their ring buffers, whoever holds them
  std::atomic<int64_t> capture_readers{0};  // that JavaScript holds open
  // Memory by what it is for; of pictures, that of decoders and of JavaScript too.
  std::atomic<int64_t> picture_bytes{0};
  std::atomic<int64_t> image_bytes{0};  // encoded images
  // Running totals.
  std::atomic<int64_t> capture_rings{0};  // allocations of rings for the sound of sources
  std::atomic<int64_t> evicted_frame_info{0};
  std::atomic<int64_t> wakes{0};
  std::atomic<int64_t> events{0};
  // Live objects that only debug builds count.
  std::atomic<int64_t> frame_info_entries{0};
  std::atomic<int64_t> callback_data{0};
  std::atomic<int64_t> encode_tasks{0};
};

// Never destroyed: threads may outlive static destructors when the process exits.
Counters& GlobalCounters();

// Holds one unit of a counter for as long as it lives.
class CountedBy {
 public:
  explicit CountedBy(std::atomic<int64_t>& counter) : counter_(&counter) { Add(1); }
  CountedBy(const CountedBy& other) : counter_(other.counter_) { Add(1); }
  CountedBy& operator=(const CountedBy& other) {
    if (this != &other) {
      Add(-1);
      counter_ = other.counter_;
      Add(1);
    }
    return *this;
  }
  ~CountedBy() { Add(-1); }

 private:
  void Add(int64_t n) { counter_->fetch_add(n, std::memory_order_relaxed); }
  std::atomic<int64_t>* counter_;
};

}  // namespace webcodecs
