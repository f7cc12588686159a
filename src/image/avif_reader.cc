// AVIF by libavif, which reads the container too, from bytes that may still be arriving.
#include "image/image_reader.h"

#if WITH_AVIF
#include <avif/avif.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "media/copy.h"
#include "media/picture.h"
#include "util/cpu.h"

namespace webcodecs {
namespace {

struct AvifDecoderDeleter {
  void operator()(avifDecoder* decoder) const { avifDecoderDestroy(decoder); }
};
using AvifDecoderPtr = std::unique_ptr<avifDecoder, AvifDecoderDeleter>;

constexpr int kMaxThreads = 4;

// The bytes as libavif reads them.
struct Input {
  avifIO io{};
  ImageData image{};

  static avifResult Read(avifIO* io, uint32_t, uint64_t offset, size_t size, avifROData* out) {
    const ImageData& image = static_cast<const Input*>(io->data)->image;
    if (offset > image.size) return image.complete ? AVIF_RESULT_IO_ERROR : AVIF_RESULT_WAITING_ON_IO;
    const size_t there = image.size - static_cast<size_t>(offset);
    if (size > there && !image.complete) return AVIF_RESULT_WAITING_ON_IO;
    out->data = image.data + offset;
    out->size = std::min(size, there);
    return AVIF_RESULT_OK;
  }
};

// One of the two things that a file can hold: its primary item, or its sequence of images.
class Source {
 public:
  Source(avifDecoderSource source, Input* input) : decoder_(avifDecoderCreate()), source_(source) {
    if (!decoder_) return;
    decoder_->maxThreads = std::min(AvailableProcessors(), kMaxThreads);
    // Files of older tools lack what these demand; browsers show them.
    decoder_->strictFlags = AVIF_STRICT_DISABLED;
    decoder_->ignoreExif = AVIF_TRUE;
    decoder_->ignoreXMP = AVIF_TRUE;
    decoder_->imageSizeLimit = static_cast<uint32_t>(kMaxImagePixels);
    decoder_->imageDimensionLimit = static_cast<uint32_t>(kMaxImageSide);
    decoder_->imageCountLimit = static_cast<uint32_t>(kMaxImageFrames);
    avifDecoderSetSource(decoder_.get(), source);
    avifDecoderSetIO(decoder_.get(), &input->io);
  }

  avifResult Parse() { return decoder_ ? avifDecoderParse(decoder_.get()) : AVIF_RESULT_OUT_OF_MEMORY; }
  bool is_sequence() const { return source_ == AVIF_DECODER_SOURCE_TRACKS; }
  avifDecoder* decoder() const { return decoder_.get(); }

  ImageTrackInfo track() const {
    ImageTrackInfo track;
    track.frame_count = is_sequence() ? decoder_->imageCount : 1;
    track.animated = is_sequence();
    if (is_sequence()) track.repetition_count = RepetitionCount();
    return track;
  }

 private:
  double RepetitionCount() const {
#if AVIF_VERSION >= 1000000
    if (decoder_->repetitionCount >= 0) return decoder_->repetitionCount;
#endif
    // Not told, or not read by this version of the library: as browsers have it.
    return std::numeric_limits<double>::infinity();
  }

  AvifDecoderPtr decoder_;
  avifDecoderSource source_;
};

int64_t ToMicros(double seconds) { return std::llround(std::clamp(seconds, 0.0, 1e9) * 1e6); }

// irot turns anticlockwise in quarters, then imir mirrors; EXIF has a number for each outcome.
int Orientation(const avifImage& image) {
  int quarters = 0;  // clockwise
  bool flip = false;
  if (image.transformFlags & AVIF_TRANSFORM_IROT) quarters = (4 - image.irot.angle) % 4;
  if (image.transformFlags & AVIF_TRANSFORM_IMIR) {
#if AVIF_VERSION >= 1000000
    const bool top_to_bottom = image.imir.axis == 0;
#else
    const bool top_to_bottom = image.imir.mode == 0;
#endif
    flip = true;
    // Top to bottom is left to right and half a turn.
    if (top_to_bottom) quarters = (quarters + 2) % 4;
  }
  constexpr int kPlain[] = {1, 6, 3, 8}, kFlipped[] = {2, 5, 4, 7};
  return flip ? kFlipped[quarters] : kPlain[quarters];
}

// The matrices that have a name in the specification.
bool HasName(int matrix) {
  return matrix == kMatrixBt709 || matrix == kMatrixBt470bg || matrix == kMatrixSmpte170m || matrix == kMatrixBt2020Ncl;
}

ColorSpace ColorOf(const avifImage& image) {
  ColorSpace color{image.colorPrimaries, image.transferCharacteristics, image.matrixCoefficients,
                   image.yuvRange == AVIF_RANGE_FULL ? 1 : 0};
  if (color.primaries == AVIF_COLOR_PRIMARIES_UNSPECIFIED) color.primaries = kSrgb.primaries;
  if (color.transfer == AVIF_TRANSFER_CHARACTERISTICS_UNSPECIFIED) color.transfer = kSrgb.transfer;
  if (color.matrix == kMatrixUnspecified) color.matrix = kMatrixSmpte170m;
  return color;
}

// The format that holds the samples as they are; kUnknown where only RGB will do.
PixelFormat PlanarFormat(const avifImage& image, const ColorSpace& color) {
  if (image.alphaPlane && (image.depth == 8 || image.alphaPremultiplied)) return PixelFormat::kUnknown;
  if (!HasName(color.matrix) && !(color.matrix == kMatrixRgb && image.depth > 8)) return PixelFormat::kUnknown;
  if (image.yuvFormat == AVIF_PIXEL_FORMAT_YUV400 && image.depth == 8) return PixelFormat::kUnknown;
  int format;
  if (image.yuvFormat == AVIF_PIXEL_FORMAT_YUV444)
    format = static_cast<int>(PixelFormat::kI444);
  else if (image.yuvFormat == AVIF_PIXEL_FORMAT_YUV422)
    format = static_cast<int>(PixelFormat::kI422);
  else
    format = static_cast<int>(PixelFormat::kI420);
  // Within a layout the formats go up by depth, and then again with alpha.
  format += (image.depth - 8) / 2 + (image.alphaPlane ? 3 : 0);
  const auto planar = static_cast<PixelFormat>(format);
  return GetPixelFormatInfo(planar).av_format == AV_PIX_FMT_NONE ? PixelFormat::kUnknown : planar;
}

Status CopySamples(const avifImage& image, PixelFormat format, AVFrame* frame) {
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  for (int plane = 0; plane < info.plane_count; plane++) {
    const PlaneInfo& shape = info.planes[plane];
    const int width = PlaneWidth(shape, frame->width), height = PlaneHeight(shape, frame->height);
    const uint8_t* source = plane == 3 ? image.alphaPlane : image.yuvPlanes[plane];
    const uint32_t stride = plane == 3 ? image.alphaRowBytes : image.yuvRowBytes[plane];
    if (source) {
      CopyPlane(source, stride, frame->data[plane], frame->linesize[plane],
                static_cast<size_t>(width) * shape.sample_bytes, height);
    } else if (plane == 0 || plane == 3) {
      return BadImage("the AVIF lacks a plane");
    } else {
      // Monochrome: neutral chroma.
      for (int y = 0; y < height; y++) {
        auto* row = reinterpret_cast<uint16_t*>(frame->data[plane] + static_cast<ptrdiff_t>(y) * frame->linesize[plane]);
        std::fill_n(row, width, static_cast<uint16_t>(1 << (image.depth - 1)));
      }
    }
  }
  return Status::Ok();
}

Status ConvertToRgb(const avifImage& image, AVFrame* frame) {
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, &image);
  rgb.format = AVIF_RGB_FORMAT_BGRA;
  rgb.depth = 8;
  rgb.pixels = frame->data[0];
  rgb.rowBytes = static_cast<uint32_t>(frame->linesize[0]);
  const avifResult result = avifImageYUVToRGB(&image, &rgb);
  return result == AVIF_RESULT_OK ? Status::Ok() : BadImage(avifResultToString(result));
}

Status TakeImage(const avifImage& image, ImageOutput* out) {
  const int64_t width = image.width, height = image.height;
  if (Status status = CheckImageSize(width, height); !status.ok()) return status;
  if (!image.yuvPlanes[0]) return BadImage("the AVIF has no picture");
  out->color = ColorOf(image);
  PixelFormat format = PlanarFormat(image, out->color);
  const bool rgb = format == PixelFormat::kUnknown;
  if (rgb) format = PixelFormat::kBGRA;
  out->frame = AllocatePoolFrame(format, static_cast<int>(width), static_cast<int>(height));
  if (!out->frame) return Status(StatusCode::kOutOfMemory, "out of memory");
  const Status status = rgb ? ConvertToRgb(image, out->frame.get()) : CopySamples(image, format, out->frame.get());
  if (!status.ok()) return status;
  out->opaque = !image.alphaPlane;
  out->icc.assign(image.icc.data, image.icc.data + image.icc.size);
  out->orientation = Orientation(image);
  if (image.transformFlags & AVIF_TRANSFORM_CLAP) {
    avifCropRect crop;
    avifDiagnostics diagnostics;
    if (avifCropRectConvertCleanApertureBox(&crop, &image.clap, image.width, image.height, image.yuvFormat,
                                            &diagnostics))
      out->visible = {static_cast<int>(crop.x), static_cast<int>(crop.y), static_cast<int>(crop.width),
                      static_cast<int>(crop.height)};
  }
  return Status::Ok();
}

class AvifReader : public ImageReader {
 public:
  AvifReader() {
    input_.io.read = Input::Read;
    input_.io.data = &input_;
    // The bytes move when more arrive.
    input_.io.persistent = AVIF_FALSE;
  }

  Status Parse(const ImageData& image) override {
    input_.image = image;
    input_.io.sizeHint = image.complete ? image.size : std::numeric_limits<uint32_t>::max();
    if (!tracks_.empty()) return Status::Ok();
    if (!image.Has(0, 16)) return Status::Ok();
    const size_t box_size = Read32BE(image.data);
    if (std::memcmp(image.data + 4, "ftyp", 4) != 0 || box_size < 16 || box_size > 4096)
      return BadImage("the image is no AVIF");
    if (!image.Has(0, box_size)) return Status::Ok();
    return FindSources(image, box_size);
  }

  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override {
    const size_t index = static_cast<size_t>(request.track);
    if (request.track < 0 || index >= sources_.size() || request.frame >= tracks_[index].frame_count)
      return Status::Ok();
    const Source& source = sources_[index];
    avifDecoder* decoder = source.decoder();
    switch (const avifResult result = avifDecoderNthImage(decoder, static_cast<uint32_t>(request.frame))) {
      case AVIF_RESULT_OK:
        break;
      case AVIF_RESULT_WAITING_ON_IO:
      case AVIF_RESULT_TRUNCATED_DATA:
      case AVIF_RESULT_IO_ERROR:
        return Status::Ok();
      case AVIF_RESULT_OUT_OF_MEMORY:
        return Status(StatusCode::kOutOfMemory, "out of memory");
      default:
        return BadImage(std::string("the AVIF cannot be decoded: ") + avifResultToString(result));
    }
    ImageOutput out;
    if (Status status = TakeImage(*decoder->image, &out); !status.ok()) return status;
    if (source.is_sequence()) {
      out.timestamp = ToMicros(decoder->imageTiming.pts);
      out.duration = ToMicros(decoder->imageTiming.duration);
    }
    *output = std::move(out);
    return Status::Ok();
  }

 private:
  // Takes both kinds of sources that the brands promise, the still image first.
  Status FindSources(const ImageData& image, size_t box_size) {
    bool has_sequence = false;
    for (size_t at = 8; at + 4 <= box_size; at += at == 8 ? 8 : 4)
      has_sequence |= !std::memcmp(image.data + at, "avis", 4);
    const bool sequence_first = !std::memcmp(image.data + 8, "avis", 4);
    std::vector<Source> found;
    std::string failure;
    for (const avifDecoderSource kind : {AVIF_DECODER_SOURCE_PRIMARY_ITEM, AVIF_DECODER_SOURCE_TRACKS}) {
      if (kind == AVIF_DECODER_SOURCE_TRACKS && !has_sequence) continue;
      Source source(kind, &input_);
      const avifResult result = source.Parse();
      if (result == AVIF_RESULT_WAITING_ON_IO) return Status::Ok();
      if (result == AVIF_RESULT_OK)
        found.push_back(std::move(source));
      else
        failure = avifResultToString(result);
    }
    if (found.empty()) return BadImage("the AVIF is broken: " + failure);
    sources_ = std::move(found);
    for (const Source& source : sources_) tracks_.push_back(source.track());
    primary_track_ = sequence_first && sources_.back().is_sequence() ? static_cast<int>(sources_.size()) - 1 : 0;
    return Status::Ok();
  }

  Input input_;
  std::vector<Source> sources_;  // one for each track
};

}  // namespace

ImageReaderPtr MakeAvifReader() {
  return avifCodecName(AVIF_CODEC_CHOICE_AUTO, AVIF_CODEC_FLAG_CAN_DECODE) ? std::make_unique<AvifReader>() : nullptr;
}

}  // namespace webcodecs

#else

namespace webcodecs {

ImageReaderPtr MakeAvifReader() { return nullptr; }

}  // namespace webcodecs
#endif
