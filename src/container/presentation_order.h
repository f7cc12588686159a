// Presentation timestamps for H.264 and HEVC from containers that have none, or not for every packet (AVI, ASF, MPEG-PS,
// and the raw streams, which have no times at all): the pictures' own order counts give the order in which they are shown, and the times are those of the
// packets, or of a constant frame rate, in that order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "util/ffmpeg_raii.h"

namespace webcodecs {

class PresentationOrder {
 public:
  // `frame_duration` in `time_base` units counts where packets have no time. Null when libavcodec has no parser for the codec.
  static std::unique_ptr<PresentationOrder> Make(const AVCodecParameters& parameters, AVRational time_base,
                                                 int64_t frame_duration);

  // Takes the next packet in decode order. What then has its pts is moved to `ready`, in decode order.
  void Push(AVPacketPtr packet, std::deque<AVPacketPtr>* ready);
  // No more packets come.
  void Flush(std::deque<AVPacketPtr>* ready);
  // The next packet is of another place.
  void Clear();

 private:
  struct Waiting {
    AVPacketPtr packet;
    bool has_pts = false;
  };
  // A coded video sequence, and the order count in it.
  using Rank = std::pair<int64_t, int64_t>;

  PresentationOrder() = default;
  void AssignOne();
  void TakeReady(std::deque<AVPacketPtr>* ready);

  AVCodecContextPtr context_;
  AVCodecParserContextPtr parser_;
  size_t delay_ = 0;
  int64_t frame_duration_ = 1;
  int64_t sequence_ = 0;
  int64_t next_time_ = 0;
  int64_t offset_ = 0;  // from the times to the presentation timestamps
  std::deque<std::shared_ptr<Waiting>> waiting_;               // in decode order
  std::multimap<Rank, std::shared_ptr<Waiting>> without_pts_;  // in presentation order
  std::deque<int64_t> times_;                                  // of the pictures without a pts, ascending
};

}  // namespace webcodecs
