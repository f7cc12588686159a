// PNG and APNG. The chunks are read here, so that frames are found while the file arrives. FFmpeg decodes a still image,
// and each frame of an animation as a still image of its own; the canvas is kept by AnimatedReader.
#include <algorithm>
#include <cstring>
#include <limits>

extern "C" {
#include <libavutil/crc.h>
}

#include "image/animation.h"
#include "image/exif.h"
#include "image/still_decoder.h"

namespace webcodecs {
namespace {

constexpr uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr size_t kChunkHeader = 8;                    // length and type
constexpr size_t kChunkOverhead = kChunkHeader + 4;   // and CRC
constexpr size_t kImageHeaderSize = 13, kAnimationControlSize = 8, kFrameControlSize = 26, kCicpSize = 4;
constexpr size_t kMaxChunkSize = 0x7FFFFFFF;
// Profiles are compressed, to a thousandth at best: this bounds what one can take.
constexpr size_t kMaxProfileSize = 256 << 10;

void Append32BE(std::vector<uint8_t>* out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<uint8_t>(value >> shift));
}

void AppendChunk(std::vector<uint8_t>* out, const char* type, const uint8_t* data, size_t size) {
  Append32BE(out, static_cast<uint32_t>(size));
  const size_t begin = out->size();
  out->insert(out->end(), type, type + 4);
  out->insert(out->end(), data, data + size);
  const uint32_t crc = av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), UINT32_MAX, out->data() + begin, size + 4);
  Append32BE(out, crc ^ UINT32_MAX);
}

class PngReader : public AnimatedReader {
 public:
  Status Parse(const ImageData& image) override {
    if (position_ == 0) {
      const size_t there = std::min(image.size, sizeof(kSignature));
      if (std::memcmp(image.data, kSignature, there) != 0) return BadImage("the image is no PNG");
      if (there < sizeof(kSignature)) return Status::Ok();
      position_ = sizeof(kSignature);
    }
    bool more = true;
    while (more && !ended_) {
      if (Status status = ReadChunk(image, &more); !status.ok()) return status;
    }
    EstablishTrack(image);
    return Status::Ok();
  }

  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override {
    if (animated_) return AnimatedReader::Decode(image, request, output);
    if (request.frame != 0 || !ended_) return Status::Ok();
    ImageOutput out;
    if (Status status = DecodeAlone(image, still_, &out.frame); !status.ok()) return status;
    out.icc = IccProfileOf(*out.frame);
    Describe(image, &out);
    *output = std::move(out);
    return Status::Ok();
  }

 protected:
  Status DecodeRectangle(const ImageData& image, int index, AVFramePtr* pixels) override {
    return DecodeAlone(image, frames_[static_cast<size_t>(index)], pixels);
  }

  void Describe(const ImageData&, ImageOutput* output) override {
    output->color = kSrgb;
    if (has_cicp_) {
      output->color.primaries = cicp_.primaries;
      output->color.transfer = cicp_.transfer;
      output->icc.clear();
    }
    output->orientation = orientation_;
  }

 private:
  struct Span {
    size_t begin = 0, size = 0;
  };

  // Decodes the pixels of `frame` as a PNG of their own. Only chunks that they need go in: text can be a bomb.
  Status DecodeAlone(const ImageData& image, const AnimationFrame& frame, AVFramePtr* pixels) {
    std::vector<uint8_t> file(std::begin(kSignature), std::end(kSignature));
    file.reserve(frame.end - frame.begin + profile_.size + 2048);
    std::vector<uint8_t> header;
    Append32BE(&header, static_cast<uint32_t>(frame.rect.width));
    Append32BE(&header, static_cast<uint32_t>(frame.rect.height));
    header.insert(header.end(), image.data + header_ + 8, image.data + header_ + kImageHeaderSize);
    AppendChunk(&file, "IHDR", header.data(), header.size());
    for (const Span& chunk : {profile_, palette_, transparency_}) {
      const uint8_t* begin = image.data + chunk.begin;
      file.insert(file.end(), begin, begin + chunk.size);
    }
    for (size_t at = frame.begin; at < frame.end;) {
      const uint8_t* chunk = image.data + at;
      const size_t size = Read32BE(chunk);
      if (IsType(chunk, "IDAT")) AppendChunk(&file, "IDAT", chunk + kChunkHeader, size);
      // The first four bytes are a sequence number.
      if (IsType(chunk, "fdAT") && size >= 4) AppendChunk(&file, "IDAT", chunk + kChunkHeader + 4, size - 4);
      at += kChunkOverhead + size;
    }
    AppendChunk(&file, "IEND", nullptr, 0);
    return decoder_.Decode(file.data(), file.size(), pixels);
  }

  static bool IsType(const uint8_t* chunk, const char* type) { return !std::memcmp(chunk + 4, type, 4); }

  // Reads the chunk at `position_`, and clears `*more` when its end is not there.
  Status ReadChunk(const ImageData& image, bool* more) {
    *more = false;
    if (!image.Has(position_, kChunkHeader)) return Status::Ok();
    const uint8_t* chunk = image.data + position_;
    const size_t size = Read32BE(chunk);
    if (size > kMaxChunkSize) return BadImage("a chunk of the PNG is too large");
    if (header_ == 0 && !IsType(chunk, "IHDR")) return BadImage("the PNG does not begin with its header");
    // Pixels begin here: what was not announced before does not come.
    if (IsType(chunk, "IDAT")) data_begun_ = true;
    if (!image.Has(position_, kChunkOverhead + size)) return Status::Ok();
    if (Status status = TakeChunk(chunk, chunk + kChunkHeader, size); !status.ok()) return status;
    position_ += kChunkOverhead + size;
    *more = true;
    return Status::Ok();
  }

  Status TakeChunk(const uint8_t* chunk, const uint8_t* data, size_t size) {
    const size_t whole = kChunkOverhead + size;
    if (IsType(chunk, "IHDR") && size == kImageHeaderSize && header_ == 0) {
      header_ = position_ + kChunkHeader;
      const int64_t width = Read32BE(data), height = Read32BE(data + 4);
      if (Status status = CheckImageSize(width, height); !status.ok()) return status;
      canvas_width_ = static_cast<int>(width);
      canvas_height_ = static_cast<int>(height);
      still_.rect = {0, 0, canvas_width_, canvas_height_};
    } else if (header_ == 0) {
      return BadImage("the header of the PNG is broken");
    } else if (IsType(chunk, "IEND")) {
      ended_ = true;
      EndFrame();
    } else if (IsType(chunk, "PLTE")) {
      palette_ = {position_, whole};
    } else if (IsType(chunk, "tRNS")) {
      transparency_ = {position_, whole};
    } else if (IsType(chunk, "iCCP") && size <= kMaxProfileSize) {
      profile_ = {position_, whole};
    } else if (IsType(chunk, "eXIf")) {
      orientation_ = ExifOrientation(data, size);
    } else if (IsType(chunk, "cICP") && size == kCicpSize) {
      has_cicp_ = true;
      cicp_ = {data[0], data[1], kMatrixRgb, 1};
    } else if (IsType(chunk, "acTL") && size >= kAnimationControlSize && !data_begun_) {
      animated_ = Read32BE(data) > 0;
      const uint32_t plays = Read32BE(data + 4);
      repetition_count_ = plays == 0 ? std::numeric_limits<double>::infinity() : plays - 1;
    } else if (IsType(chunk, "fcTL") && size >= kFrameControlSize && animated_) {
      return BeginFrame(data);
    } else if (IsType(chunk, "IDAT") || IsType(chunk, "fdAT")) {
      if (IsType(chunk, "IDAT")) Extend(&still_, whole);
      if (frame_begun_) Extend(&frames_.back(), whole);
    }
    return Status::Ok();
  }

  // The chunk at `position_` belongs to `frame`.
  void Extend(AnimationFrame* frame, size_t size) const {
    if (frame->end == 0) frame->begin = position_;
    frame->end = position_ + size;
  }

  Status BeginFrame(const uint8_t* control) {
    EndFrame();
    const int64_t width = Read32BE(control + 4), height = Read32BE(control + 8);
    const int64_t left = Read32BE(control + 12), top = Read32BE(control + 16);
    if (width == 0 || height == 0 || left + width > canvas_width_ || top + height > canvas_height_)
      return BadImage("a frame of the PNG reaches past its canvas");
    AnimationFrame frame;
    frame.rect = {static_cast<int>(left), static_cast<int>(top), static_cast<int>(width), static_cast<int>(height)};
    const int64_t numerator = Read16BE(control + 20), denominator = Read16BE(control + 22);
    frame.duration = numerator * 1000000 / (denominator == 0 ? 100 : denominator);
    if (control[24] == 1) frame.dispose = Dispose::kBackground;
    // There is nothing before the first frame to go back to.
    if (control[24] == 2) frame.dispose = frames_.empty() ? Dispose::kBackground : Dispose::kPrevious;
    frame.blend = control[25] == 1;
    frame_begun_ = true;
    return AddFrame(frame);
  }

  // A frame ends where the next begins.
  void EndFrame() {
    if (frame_begun_) frames_.back().complete = frames_.back().end > 0;
    frame_begun_ = false;
  }

  void EstablishTrack(const ImageData& image) {
    if (tracks_.empty() && (canvas_width_ == 0 || !(data_begun_ || image.complete))) return;
    tracks_.resize(1);
    tracks_[0].animated = animated_;
    tracks_[0].frame_count = animated_ ? static_cast<int>(frames_.size()) : 1;
    tracks_[0].repetition_count = animated_ ? repetition_count_ : 0;
  }

  StillDecoder decoder_{AV_CODEC_ID_PNG};
  size_t position_ = 0;  // of the first chunk that is not read to its end
  size_t header_ = 0;    // where the data of IHDR is
  Span profile_, palette_, transparency_;
  AnimationFrame still_;  // the image when it is no animation
  bool animated_ = false;
  bool data_begun_ = false;
  bool frame_begun_ = false;
  bool ended_ = false;
  bool has_cicp_ = false;
  ColorSpace cicp_;
  int orientation_ = 1;
  double repetition_count_ = 0;
};

}  // namespace

ImageReaderPtr MakePngReader() {
  return StillDecoder::Has(AV_CODEC_ID_PNG) ? std::make_unique<PngReader>() : nullptr;
}

}  // namespace webcodecs
