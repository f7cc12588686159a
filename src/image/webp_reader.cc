// WebP by libwebp, which takes the file apart too (libwebpdemux). FFmpeg's decoder knows no animations.
#include "image/image_reader.h"

#if WITH_WEBP
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "image/animation.h"
#include "image/exif.h"
#include "media/picture.h"

namespace webcodecs {
namespace {

struct DemuxerDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using DemuxerPtr = std::unique_ptr<WebPDemuxer, DemuxerDeleter>;

class FrameIterator {
 public:
  FrameIterator(const WebPDemuxer* demuxer, int number) : found_(WebPDemuxGetFrame(demuxer, number, &iterator_)) {}
  FrameIterator(const FrameIterator&) = delete;
  FrameIterator& operator=(const FrameIterator&) = delete;
  ~FrameIterator() { WebPDemuxReleaseIterator(&iterator_); }
  bool found() const { return found_; }
  const WebPIterator* operator->() const { return &iterator_; }

 private:
  WebPIterator iterator_{};
  bool found_;
};

Status ToStatus(VP8StatusCode code) {
  if (code == VP8_STATUS_OK) return Status::Ok();
  if (code == VP8_STATUS_OUT_OF_MEMORY) return Status(StatusCode::kOutOfMemory, "out of memory");
  return BadImage("the WebP cannot be decoded");
}

// Decodes one VP8 or VP8L image into pool memory.
Status DecodeBitstream(const WebPData& data, bool keep_yuv, AVFramePtr* out) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return Status(StatusCode::kInternal, "libwebp is of another version");
  if (Status status = ToStatus(WebPGetFeatures(data.bytes, data.size, &config.input)); !status.ok()) return status;
  const int width = config.input.width, height = config.input.height;
  if (Status status = CheckImageSize(width, height); !status.ok()) return status;
  constexpr int kLossy = 1;
  const bool yuv = keep_yuv && config.input.format == kLossy && !config.input.has_alpha;
  AVFramePtr frame = AllocatePoolFrame(yuv ? PixelFormat::kI420 : PixelFormat::kBGRA, width, height);
  if (!frame) return Status(StatusCode::kOutOfMemory, "out of memory");
  WebPDecBuffer& output = config.output;
  output.is_external_memory = 1;
  output.colorspace = yuv ? MODE_YUV : MODE_BGRA;
  const auto bytes = [&](int plane, int rows) { return static_cast<size_t>(frame->linesize[plane]) * rows; };
  if (yuv) {
    const int chroma_rows = (height + 1) / 2;
    output.u.YUVA = {frame->data[0],     frame->data[1],     frame->data[2],         nullptr,
                     frame->linesize[0], frame->linesize[1], frame->linesize[2],     0,
                     bytes(0, height),   bytes(1, chroma_rows), bytes(2, chroma_rows), 0};
  } else {
    output.u.RGBA = {frame->data[0], frame->linesize[0], bytes(0, height)};
  }
  if (Status status = ToStatus(WebPDecode(data.bytes, data.size, &config)); !status.ok()) return status;
  *out = std::move(frame);
  return Status::Ok();
}

class WebpReader : public AnimatedReader {
 public:
  Status Parse(const ImageData& image) override {
    if ((image.Has(0, 4) && std::memcmp(image.data, "RIFF", 4) != 0) ||
        (image.Has(8, 4) && std::memcmp(image.data + 8, "WEBP", 4) != 0))
      return BadImage("the image is no WebP");
    if (demuxed_) return Status::Ok();
    const WebPData data{image.data, image.size};
    WebPDemuxState state;
    const DemuxerPtr demuxer(WebPDemuxPartial(&data, &state));
    if (state == WEBP_DEMUX_PARSE_ERROR) return BadImage("the WebP is broken");
    if (!demuxer || state == WEBP_DEMUX_PARSING_HEADER) return Status::Ok();
    demuxed_ = state == WEBP_DEMUX_DONE;
    return ReadTrack(image, demuxer.get());
  }

  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override {
    if (animated_) return AnimatedReader::Decode(image, request, output);
    if (request.frame != 0 || frames_.empty() || !frames_[0].complete) return Status::Ok();
    ImageOutput out;
    if (Status status = DecodeFragment(image, 0, true, &out.frame); !status.ok()) return status;
    out.opaque = !has_alpha_;
    // VP8 is of limited range and BT.601.
    out.color = kJfif;
    out.color.full_range = 0;
    Describe(image, &out);
    *output = std::move(out);
    return Status::Ok();
  }

 protected:
  Status DecodeRectangle(const ImageData& image, int index, AVFramePtr* pixels) override {
    return DecodeFragment(image, index, false, pixels);
  }

  void Describe(const ImageData&, ImageOutput* output) override {
    output->orientation = orientation_;
    output->icc = icc_;
  }

 private:
  Status ReadTrack(const ImageData& image, const WebPDemuxer* demuxer) {
    const uint32_t flags = WebPDemuxGetI(demuxer, WEBP_FF_FORMAT_FLAGS);
    canvas_width_ = static_cast<int>(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH));
    canvas_height_ = static_cast<int>(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT));
    if (Status status = CheckImageSize(canvas_width_, canvas_height_); !status.ok()) return status;
    animated_ = (flags & ANIMATION_FLAG) != 0;
    const int count = static_cast<int>(WebPDemuxGetI(demuxer, WEBP_FF_FRAME_COUNT));
    // The last frame that was found may have been there in part.
    if (!frames_.empty() && !frames_.back().complete) frames_.pop_back();
    for (int i = static_cast<int>(frames_.size()); i < count; i++) {
      const FrameIterator found(demuxer, i + 1);
      if (!found.found()) break;
      AnimationFrame frame;
      frame.rect = {found->x_offset, found->y_offset, found->width, found->height};
      frame.dispose = found->dispose_method == WEBP_MUX_DISPOSE_BACKGROUND ? Dispose::kBackground : Dispose::kNone;
      frame.blend = found->blend_method == WEBP_MUX_BLEND && found->has_alpha;
      frame.duration = animated_ ? int64_t{found->duration} * 1000 : -1;
      frame.complete = found->complete;
      frame.begin = static_cast<size_t>(found->fragment.bytes - image.data);
      frame.end = frame.begin + found->fragment.size;
      if (i == 0) has_alpha_ = found->has_alpha;
      if (Status status = AddFrame(frame); !status.ok()) return status;
      if (!frame.complete) break;
    }
    ReadMetadata(demuxer, "EXIF", [this](const uint8_t* data, size_t size) { orientation_ = ExifOrientation(data, size); });
    ReadMetadata(demuxer, "ICCP", [this](const uint8_t* data, size_t size) { icc_.assign(data, data + size); });
    tracks_.resize(1);
    tracks_[0].animated = animated_;
    tracks_[0].frame_count = animated_ ? static_cast<int>(frames_.size()) : 1;
    if (animated_) {
      // The file counts plays.
      const uint32_t plays = WebPDemuxGetI(demuxer, WEBP_FF_LOOP_COUNT);
      tracks_[0].repetition_count = plays == 0 ? std::numeric_limits<double>::infinity() : plays - 1;
    }
    return Status::Ok();
  }

  template <typename Take>
  static void ReadMetadata(const WebPDemuxer* demuxer, const char* id, Take take) {
    WebPChunkIterator chunk{};
    if (WebPDemuxGetChunk(demuxer, id, 1, &chunk)) take(chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
  }

  Status DecodeFragment(const ImageData& image, int index, bool keep_yuv, AVFramePtr* pixels) const {
    const AnimationFrame& frame = frames_[static_cast<size_t>(index)];
    return DecodeBitstream({image.data + frame.begin, frame.end - frame.begin}, keep_yuv, pixels);
  }

  bool demuxed_ = false;
  bool animated_ = false;
  bool has_alpha_ = false;
  int orientation_ = 1;
  std::vector<uint8_t> icc_;
};

}  // namespace

ImageReaderPtr MakeWebpReader() { return std::make_unique<WebpReader>(); }

}  // namespace webcodecs

#else

namespace webcodecs {

ImageReaderPtr MakeWebpReader() { return nullptr; }

}  // namespace webcodecs
#endif
