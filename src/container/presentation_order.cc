#include "container/presentation_order.h"

#include <algorithm>

#include "bitstream/h264.h"

namespace webcodecs {

std::unique_ptr<PresentationOrder> PresentationOrder::Make(const AVCodecParameters& parameters, AVRational time_base,
                                                           int64_t frame_duration) {
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  auto order = std::unique_ptr<PresentationOrder>(new PresentationOrder());
  order->context_.reset(avcodec_alloc_context3(codec));
  order->parser_.reset(av_parser_init(parameters.codec_id));
  if (!order->context_ || !order->parser_ || avcodec_parameters_to_context(order->context_.get(), &parameters) < 0) {
    return nullptr;
  }
  // Packets are whole access units already.
  order->parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  order->delay_ = static_cast<size_t>(std::max(parameters.video_delay, 0));
  if (parameters.codec_id == AV_CODEC_ID_H264 && parameters.extradata_size > 0) {
    const auto frames = h264::MaxReorderFrames(parameters.extradata, static_cast<size_t>(parameters.extradata_size));
    if (frames) order->delay_ = std::max(order->delay_, static_cast<size_t>(*frames));
  }
  order->frame_duration_ = std::max<int64_t>(frame_duration, 1);
  return order;
}

void PresentationOrder::Push(AVPacketPtr packet, std::deque<AVPacketPtr>* ready) {
  uint8_t* data = nullptr;
  int size = 0;
  av_parser_parse2(parser_.get(), context_.get(), &data, &size, packet->data, packet->size, packet->pts, packet->dts,
                   packet->pos);
  const int64_t count = parser_->output_picture_number;
  // An order count begins anew with each instantaneous refresh.
  if ((packet->flags & AV_PKT_FLAG_KEY) && count <= 0) sequence_++;
  const int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : next_time_;
  next_time_ = time + (packet->duration > 0 ? packet->duration : frame_duration_);
  times_.insert(std::upper_bound(times_.begin(), times_.end(), time), time);
  auto waiting = std::make_shared<Waiting>();
  waiting->packet = std::move(packet);
  without_pts_.emplace(Rank(sequence_, count), waiting);
  waiting_.push_back(std::move(waiting));
  while (without_pts_.size() > delay_) AssignOne();
  TakeReady(ready);
}

void PresentationOrder::Flush(std::deque<AVPacketPtr>* ready) {
  while (!without_pts_.empty()) AssignOne();
  TakeReady(ready);
}

void PresentationOrder::Clear() {
  waiting_.clear();
  without_pts_.clear();
  times_.clear();
  next_time_ = 0;
  offset_ = 0;
}

void PresentationOrder::AssignOne() {
  const auto first = without_pts_.begin();
  AVPacket* packet = first->second->packet.get();
  // Where only some packets have a presentation timestamp, the others lie on the same line.
  if (packet->pts != AV_NOPTS_VALUE)
    offset_ = packet->pts - times_.front();
  else
    packet->pts = times_.front() + offset_;
  first->second->has_pts = true;
  times_.pop_front();
  without_pts_.erase(first);
}

void PresentationOrder::TakeReady(std::deque<AVPacketPtr>* ready) {
  while (!waiting_.empty() && waiting_.front()->has_pts) {
    ready->push_back(std::move(waiting_.front()->packet));
    waiting_.pop_front();
  }
}

}  // namespace webcodecs
