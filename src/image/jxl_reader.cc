// JPEG XL by libjxl: FFmpeg's wrapper of it knows no animations before FFmpeg 7.
#include "image/image_reader.h"

#if WITH_JXL
#include <jxl/decode.h>
#include <jxl/resizable_parallel_runner.h>
#include <jxl/version.h>
#include <libyuv.h>

#include <algorithm>
#include <limits>

#include "media/picture.h"
#include "util/cpu.h"

namespace webcodecs {
namespace {

struct JxlDecoderDeleter {
  void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
};
struct RunnerDeleter {
  void operator()(void* runner) const { JxlResizableParallelRunnerDestroy(runner); }
};

constexpr size_t kMaxThreads = 4;

// A decoder that is given the bytes as they arrive.
class Stream {
 public:
  explicit Stream(int events) : decoder_(JxlDecoderCreate(nullptr)), events_(events) {
    if (!decoder_) return;
    JxlDecoderSubscribeEvents(decoder_.get(), events_);
    // Pixels stay as they are coded; the orientation is reported.
    JxlDecoderSetKeepOrientation(decoder_.get(), JXL_TRUE);
  }

  JxlDecoder* get() const { return decoder_.get(); }
  explicit operator bool() const { return decoder_ != nullptr; }

  // Goes on to the next event.
  JxlDecoderStatus Next(const ImageData& image) {
    JxlDecoderSetInput(decoder_.get(), image.data + taken_, image.size - taken_);
    const JxlDecoderStatus status = JxlDecoderProcessInput(decoder_.get());
    taken_ = image.size - JxlDecoderReleaseInput(decoder_.get());
    return status;
  }

 private:
  std::unique_ptr<JxlDecoder, JxlDecoderDeleter> decoder_;
  int events_;
  size_t taken_ = 0;
};

struct JxlFrame {
  int64_t timestamp = 0;
  int64_t duration = 0;
};

int PrimariesCode(const JxlColorEncoding& encoding) {
  if (encoding.white_point != JXL_WHITE_POINT_D65) return 0;
  switch (encoding.primaries) {
    case JXL_PRIMARIES_SRGB:
      return 1;
    case JXL_PRIMARIES_2100:
      return 9;
    case JXL_PRIMARIES_P3:
      return 12;
    default:
      return 0;
  }
}

int TransferCode(const JxlColorEncoding& encoding) {
  switch (encoding.transfer_function) {
    case JXL_TRANSFER_FUNCTION_709:
    case JXL_TRANSFER_FUNCTION_LINEAR:
    case JXL_TRANSFER_FUNCTION_SRGB:
    case JXL_TRANSFER_FUNCTION_PQ:
    case JXL_TRANSFER_FUNCTION_HLG:
      return encoding.transfer_function;  // code points of H.273
    default:
      return 0;
  }
}

class JxlReader : public ImageReader {
 public:
  Status Parse(const ImageData& image) override {
    while (!ended_) {
      const JxlDecoderStatus event = scan_.Next(image);
      switch (event) {
        case JXL_DEC_NEED_MORE_INPUT:
          if (!image.complete) return Status::Ok();
          ended_ = true;
          break;
        case JXL_DEC_BASIC_INFO:
          if (Status status = ReadBasicInfo(); !status.ok()) return status;
          break;
        case JXL_DEC_FRAME:
          if (Status status = ReadFrame(); !status.ok()) return status;
          break;
        case JXL_DEC_SUCCESS:
          ended_ = true;
          break;
        default:
          if (frames_.empty()) return BadImage("the JPEG XL is broken");
          ended_ = true;  // the frames before the damage may be decoded
      }
    }
    return Status::Ok();
  }

  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override {
    const size_t index = static_cast<size_t>(request.frame);
    if (request.frame < 0 || index >= frames_.size()) return Status::Ok();
    if (!decoder_ || request.frame < next_) Restart();
    if (!*decoder_) return Status(StatusCode::kOutOfMemory, "out of memory");
    if (request.frame > next_) {
      JxlDecoderSkipFrames(decoder_->get(), index - static_cast<size_t>(next_));
      next_ = request.frame;
    }
    ImageOutput out;
    const Status status = DecodeNext(image, request, &out);
    // What was begun and is not there to its end begins anew.
    if (!status.ok() || !out.frame) decoder_.reset();
    if (!status.ok() || !out.frame) return status;
    next_++;
    if (info_.have_animation) {
      out.timestamp = frames_[index].timestamp;
      out.duration = frames_[index].duration;
    }
    out.opaque = info_.alpha_bits == 0;
    out.orientation = info_.orientation;
    *output = std::move(out);
    return Status::Ok();
  }

 private:
  Status ReadBasicInfo() {
    if (JxlDecoderGetBasicInfo(scan_.get(), &info_) != JXL_DEC_SUCCESS) return BadImage("the JPEG XL is broken");
    if (Status status = CheckImageSize(info_.xsize, info_.ysize); !status.ok()) return status;
    tracks_.resize(1);
    tracks_[0].animated = info_.have_animation;
    if (info_.have_animation) {
      // The file counts plays.
      const uint32_t plays = info_.animation.num_loops;
      tracks_[0].repetition_count = plays == 0 ? std::numeric_limits<double>::infinity() : plays - 1;
    }
    tracks_[0].frame_count = info_.have_animation ? 0 : 1;
    return Status::Ok();
  }

  Status ReadFrame() {
    if (frames_.size() >= kMaxImageFrames) return BadImage("the animation has too many frames");
    JxlFrameHeader header{};
    JxlDecoderGetFrameHeader(scan_.get(), &header);
    JxlFrame frame;
    if (!frames_.empty()) frame.timestamp = frames_.back().timestamp + frames_.back().duration;
    const JxlAnimationHeader& animation = info_.animation;
    if (info_.have_animation && animation.tps_numerator > 0)
      frame.duration = int64_t{header.duration} * 1000000 * animation.tps_denominator / animation.tps_numerator;
    frames_.push_back(frame);
    if (info_.have_animation) tracks_[0].frame_count = static_cast<int>(frames_.size());
    return Status::Ok();
  }

  void Restart() {
    decoder_.emplace(JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FRAME | JXL_DEC_FULL_IMAGE);
    next_ = 0;
    if (!*decoder_) return;
    if (!runner_) runner_.reset(JxlResizableParallelRunnerCreate(nullptr));
    if (!runner_) return;
    const size_t threads = std::min<size_t>({kMaxThreads, static_cast<size_t>(AvailableProcessors()),
                                             JxlResizableParallelRunnerSuggestThreads(info_.xsize, info_.ysize)});
    JxlResizableParallelRunnerSetThreads(runner_.get(), threads);
    JxlDecoderSetParallelRunner(decoder_->get(), JxlResizableParallelRunner, runner_.get());
  }

  // Leaves `out->frame` empty when the bytes are not there.
  Status DecodeNext(const ImageData& image, const ImageRequest& request, ImageOutput* out) {
    AVFramePtr frame;
    for (;;) {
      if (request.aborted()) return Status::Ok();
      switch (decoder_->Next(image)) {
        case JXL_DEC_NEED_MORE_INPUT:
          return Status::Ok();
        case JXL_DEC_BASIC_INFO:
        case JXL_DEC_FRAME:
          break;
        case JXL_DEC_COLOR_ENCODING:
          ReadColor();
          break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
          frame = AllocatePoolFrame(PixelFormat::kBGRA, static_cast<int>(info_.xsize), static_cast<int>(info_.ysize));
          if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
          if (!SetOutput(*frame)) return BadImage("the JPEG XL cannot be decoded");
          break;
        case JXL_DEC_FULL_IMAGE:
          if (!frame) return BadImage("the JPEG XL cannot be decoded");
          libyuv::ABGRToARGB(frame->data[0], frame->linesize[0], frame->data[0], frame->linesize[0], frame->width,
                             frame->height);
          out->frame = std::move(frame);
          out->color = color_;
          out->icc = icc_;
          return Status::Ok();
        default:
          return BadImage("the JPEG XL cannot be decoded");
      }
    }
  }

  bool SetOutput(const AVFrame& frame) const {
    const JxlPixelFormat format{4, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, static_cast<size_t>(frame.linesize[0])};
    size_t needed = 0;
    if (JxlDecoderImageOutBufferSize(decoder_->get(), &format, &needed) != JXL_DEC_SUCCESS) return false;
    const size_t there = static_cast<size_t>(frame.linesize[0]) * static_cast<size_t>(frame.height);
    return needed <= there && JxlDecoderSetImageOutBuffer(decoder_->get(), &format, frame.data[0], there) == JXL_DEC_SUCCESS;
  }

  void ReadColor() {
    color_ = kSrgb;
    icc_.clear();
    JxlDecoder* decoder = decoder_->get();
    JxlColorEncoding encoding{};
    constexpr auto kTarget = JXL_COLOR_PROFILE_TARGET_DATA;
#if JPEGXL_NUMERIC_VERSION >= JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
    const bool named = JxlDecoderGetColorAsEncodedProfile(decoder, kTarget, &encoding) == JXL_DEC_SUCCESS;
#else
    const bool named = JxlDecoderGetColorAsEncodedProfile(decoder, nullptr, kTarget, &encoding) == JXL_DEC_SUCCESS;
#endif
    if (named && PrimariesCode(encoding) != 0 && TransferCode(encoding) != 0) {
      color_.primaries = PrimariesCode(encoding);
      color_.transfer = TransferCode(encoding);
      return;
    }
    size_t size = 0;
#if JPEGXL_NUMERIC_VERSION >= JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
    if (JxlDecoderGetICCProfileSize(decoder, kTarget, &size) != JXL_DEC_SUCCESS) return;
    icc_.resize(size);
    if (JxlDecoderGetColorAsICCProfile(decoder, kTarget, icc_.data(), size) != JXL_DEC_SUCCESS) icc_.clear();
#else
    if (JxlDecoderGetICCProfileSize(decoder, nullptr, kTarget, &size) != JXL_DEC_SUCCESS) return;
    icc_.resize(size);
    if (JxlDecoderGetColorAsICCProfile(decoder, nullptr, kTarget, icc_.data(), size) != JXL_DEC_SUCCESS) icc_.clear();
#endif
  }

  Stream scan_{JXL_DEC_BASIC_INFO | JXL_DEC_FRAME};  // finds frames without decoding them
  JxlBasicInfo info_{};
  std::vector<JxlFrame> frames_;
  bool ended_ = false;

  std::unique_ptr<void, RunnerDeleter> runner_;  // outlives the decoder that uses it
  std::optional<Stream> decoder_;
  int next_ = 0;  // the frame that the decoder comes to next
  ColorSpace color_ = kSrgb;
  std::vector<uint8_t> icc_;
};

}  // namespace

ImageReaderPtr MakeJxlReader() { return std::make_unique<JxlReader>(); }

}  // namespace webcodecs

#else

namespace webcodecs {

ImageReaderPtr MakeJxlReader() { return nullptr; }

}  // namespace webcodecs
#endif
