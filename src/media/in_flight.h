// Media resources on their way from one thread's JavaScript to another's. Each has a number that is valid in all threads
// of the process, and lies on a lane: lib/worker.ts frees what is left on a lane when nobody can receive it any more.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <variant>

#include "audio/audio_buffer.h"
#include "media/picture.h"

namespace webcodecs {

class InFlight {
 public:
  using Media = std::variant<std::monostate, PicturePtr, AudioBufferPtr>;

  // The one table of the process; never destroyed.
  static InFlight& Global();

  int64_t OpenLane();
  void CloseLane(int64_t lane);
  // Returns the number, never 0.
  int64_t Add(int64_t lane, Media media);
  // Takes what has this number out of the table; std::monostate when there is none.
  Media Take(int64_t number);

 private:
  struct Entry {
    int64_t lane;
    Media media;
    CountedBy counted;
  };

  std::mutex mutex_;
  int64_t last_number_ = 0;  // of lanes and of resources
  std::unordered_map<int64_t, Entry> entries_;
};

// The resource itself, or a copy in native memory of one whose memory JavaScript owns, as that belongs to its thread.
// Null when memory is out. JavaScript thread that made the resource.
PicturePtr ForOtherThreads(const PicturePtr& picture);
AudioBufferPtr ForOtherThreads(const AudioBufferPtr& buffer);

}  // namespace webcodecs
