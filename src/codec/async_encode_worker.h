// The video encoder's thread: converts, stamps, encodes, and matches packets with the frames they came from.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "codec/alpha_share.h"
#include "codec/async_worker.h"
#include "codec/encoder.h"
#include "codec/encoder_clock.h"
#include "codec/frame_info_map.h"
#include "media/convert.h"
#include "media/picture.h"
#include "plan/video_encoder_plan.h"

namespace webcodecs {

struct EncodeInput {
  PicturePtr picture;
  PixelFormat format;  // the VideoFrame's, which may hide the picture's alpha
  Rect visible;
  ColorSpace color;
  int64_t timestamp;
  std::optional<int64_t> duration;
  EncodeOptions options;
#if WEBCODECS_DEBUG
  CountedBy counted{GlobalCounters().encode_tasks};
#endif
};

class AsyncEncodeWorker final : public AsyncWorker {
 public:
  using AsyncWorker::AsyncWorker;

  // JavaScript thread.
  void Configure(VideoEncoderConfig config);
  void Encode(EncodeInput input);

 private:
  Status DoConfigure(const VideoEncoderConfig& config);
  // Goes on with the open encoders at another rate; false where they cannot.
  bool ChangeRate(const VideoEncoderPlan& plan);
  Status DoEncode(EncodeInput& input);
  Status OpenEncoders(const EncodeInput& first);
  Status EncodeColor(EncodeInput& input, int64_t pts);
  Status EncodeAlpha(EncodeInput& input, int64_t pts);
  Status ReceivePackets();
  Status ReceiveFrom(VideoEncoderBackend& encoder, Status (AsyncEncodeWorker::*take)(const EncodedPacket&));
  Status TakeColorPacket(const EncodedPacket& packet);
  Status TakeAlphaPacket(const EncodedPacket& packet);
  Status PostOutputConfig();
  // Posts the chunks that are complete, in decode order.
  void PostChunks();
  Status Drain() override;
  void DestroyCodec() override;
  void CloseEncoders();

  bool configured_ = false;
  VideoEncoderPlan plan_;
  // Null until the first frame after a configuration or a drain: its colour goes into the stream.
  std::unique_ptr<VideoEncoderBackend> encoder_;
  // With the same plan, for the alpha; null without.
  std::unique_ptr<VideoEncoderBackend> alpha_encoder_;
  EncoderInputConverter converter_;
  // Locked by the first frame after a configuration.
  std::optional<ColorSpace> color_;
  // That frame is yet to come, and the encoders of the configuration before are open still.
  bool color_unlocked_ = false;
  // How the bitrate is shared while there is alpha.
  AlphaShare share_;
  EncoderClock clock_;
  FrameInfoMap frame_info_;
  // With alpha, a chunk waits for its other half: packets in decode order, alpha packets by pts.
  struct PendingChunk {
    int64_t pts;
    ChunkEvent chunk;
  };
  std::deque<PendingChunk> pending_chunks_;
  std::map<int64_t, PoolBufferPtr> alpha_packets_;
  // What the last OutputConfigEvent said.
  std::optional<OutputConfigEvent> output_config_;
};

}  // namespace webcodecs
