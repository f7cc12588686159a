// The video encoder's thread: converts, stamps, encodes, and matches packets with the frames they came from.
#pragma once

#include <memory>
#include <optional>
#include <vector>

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
  Status DoEncode(EncodeInput& input);
  Status OpenEncoder(const ColorSpace& first_frame, PixelFormat format);
  Status ReceivePackets();
  Status EmitPacket(const EncodedPacket& packet);
  Status EmitOutputConfig();
  Status Drain() override;
  void DestroyCodec() override;

  bool configured_ = false;
  VideoEncoderPlan plan_;
  // Null until the first frame after a configuration or a drain: its colour goes into the stream.
  std::unique_ptr<VideoEncoderBackend> encoder_;
  EncoderInputConverter converter_;
  // Locked by the first frame after a configuration.
  std::optional<ColorSpace> color_;
  EncoderClock clock_;
  FrameInfoMap frame_info_;
  // What the last OutputConfigEvent said.
  std::optional<OutputConfigEvent> output_config_;
};

}  // namespace webcodecs
