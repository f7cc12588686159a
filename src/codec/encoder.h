// What an encoder is to the worker that drives it. The plan chooses the kind; the worker does not know which it holds.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "media/convert.h"
#include "plan/video_encoder_plan.h"
#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

struct EncodeOptions {
  bool key_frame = false;
  int quantizer = -1;  // -1: none asked for
};

struct EncodedPacket {
  const uint8_t* data;  // valid until the next call
  int size;
  int64_t pts;
  bool key;
  int temporal_layer = 0;
};

class VideoEncoderBackend {
 public:
  enum class Received { kPacket, kNeedsInput, kEnd, kError };

  virtual ~VideoEncoderBackend() = default;

  // `color` goes into the bitstream.
  virtual Status Open(const VideoEncoderPlan& plan, const ColorSpace& color) = 0;
  // `frame` is in the plan's input format and size, with its pts set.
  virtual Status Send(AVFrame* frame, const EncodeOptions& options) = 0;
  virtual Received Receive(EncodedPacket* packet, Status* status) = 0;
  // Goes on at the bitrate and the frame rate of `plan`, which differs from the open one in nothing else. False where the
  // library cannot: another encoder must take over.
  virtual bool ChangeRate(const VideoEncoderPlan& plan) { return false; }
  // Asks for everything that is pending. After kEnd the encoder must be opened anew.
  virtual Status BeginDrain() = 0;
  // Parameter sets in Annex B, where they are kept out of the packets.
  virtual std::vector<uint8_t> parameter_sets() const = 0;
};

// The backend that `plan` asks for, not yet open.
std::unique_ptr<VideoEncoderBackend> CreateEncoder(const VideoEncoderPlan& plan);

using CreateFunction = std::unique_ptr<VideoEncoderBackend> (*)();
// An encoder of the kind that `create` makes, or several of them, one after the other.
std::unique_ptr<VideoEncoderBackend> CreateSteadyRateEncoder(CreateFunction create);
std::unique_ptr<VideoEncoderBackend> CreateAvcodecEncoder();
#if WITH_OPENH264
std::unique_ptr<VideoEncoderBackend> CreateOpenH264Encoder();
#endif
#if WITH_VPX
std::unique_ptr<VideoEncoderBackend> CreateVpxEncoder();
#endif
#if WITH_X265
std::unique_ptr<VideoEncoderBackend> CreateX265Encoder();
#endif
#if WITH_AOM
std::unique_ptr<VideoEncoderBackend> CreateAomEncoder();
#endif

}  // namespace webcodecs
