// GIF (89a). The blocks are read here, so that frames are found while the file arrives; FFmpeg decodes each image as a
// file of its own, and the canvas is kept by AnimatedReader.
#include <algorithm>
#include <cstring>
#include <limits>

#include "image/animation.h"
#include "image/still_decoder.h"

namespace webcodecs {
namespace {

constexpr size_t kHeaderSize = 13;  // signature and logical screen descriptor
constexpr uint8_t kExtension = 0x21, kImage = 0x2C, kTrailer = 0x3B;
constexpr uint8_t kGraphicControl = 0xF9, kApplication = 0xFF;
constexpr size_t kImageDescriptorSize = 10;

size_t ColorTableSize(uint8_t flags) { return flags & 0x80 ? size_t{3} << ((flags & 7) + 1) : 0; }

class GifReader : public AnimatedReader {
 public:
  Status Parse(const ImageData& image) override {
    if (position_ == 0) {
      if (Status status = ReadHeader(image); !status.ok() || position_ == 0) return status;
    }
    bool more = true;
    while (more && !ended_) {
      if (Status status = ReadBlock(image, &more); !status.ok()) return status;
    }
    if (image.complete) ended_ = true;
    EstablishTrack();
    return Status::Ok();
  }

 protected:
  Status DecodeRectangle(const ImageData& image, int index, AVFramePtr* pixels) override {
    const AnimationFrame& frame = frames_[static_cast<size_t>(index)];
    if (Status status = CheckImageSize(frame.rect.width, frame.rect.height); !status.ok()) return status;
    const uint8_t* descriptor = image.data + frame.begin;
    std::vector<uint8_t> file;
    file.reserve(kHeaderSize + global_table_size_ + 8 + (frame.end - frame.begin) + 1);
    auto append = [&file](const uint8_t* data, size_t size) { file.insert(file.end(), data, data + size); };
    append(image.data, kHeaderSize);
    std::memcpy(file.data(), "GIF89a", 6);  // a frame with transparency makes any file one
    std::memcpy(file.data() + 6, descriptor + 5, 4);  // the screen is the image
    append(image.data + kHeaderSize, global_table_size_);
    const int transparent = transparent_[static_cast<size_t>(index)];
    if (transparent >= 0) {
      const uint8_t control[] = {kExtension, kGraphicControl, 4, 1, 0, 0, static_cast<uint8_t>(transparent), 0};
      append(control, sizeof(control));
    }
    const uint8_t placed[] = {kImage, 0, 0, 0, 0};
    append(placed, sizeof(placed));
    append(descriptor + sizeof(placed), frame.end - frame.begin - sizeof(placed));
    file.push_back(kTrailer);
    return decoder_.Decode(file.data(), file.size(), pixels);
  }

  void Describe(const ImageData&, ImageOutput*) override {}

 private:
  Status ReadHeader(const ImageData& image) {
    constexpr size_t kSignatureSize = 6;
    const size_t there = std::min(image.size, kSignatureSize);
    if (std::memcmp(image.data, "GIF89a", there) != 0 && std::memcmp(image.data, "GIF87a", there) != 0)
      return BadImage("the image is no GIF");
    if (!image.Has(0, kHeaderSize)) return Status::Ok();
    global_table_size_ = ColorTableSize(image.data[10]);
    if (!image.Has(kHeaderSize, global_table_size_)) return Status::Ok();
    canvas_width_ = Read16LE(image.data + 6);
    canvas_height_ = Read16LE(image.data + 8);
    position_ = kHeaderSize + global_table_size_;
    return Status::Ok();
  }

  // Moves on over sub-blocks from `scan_` on. Returns false when their end is not there.
  bool SkipSubBlocks(const ImageData& image) {
    for (;;) {
      if (!image.Has(scan_, 1)) return false;
      const size_t size = image.data[scan_];
      if (!image.Has(scan_, 1 + size)) return false;
      scan_ += 1 + size;
      if (size == 0) return true;
    }
  }

  // Reads the block at `position_`, and clears `*more` when its end is not there.
  Status ReadBlock(const ImageData& image, bool* more) {
    *more = false;
    if (!image.Has(position_, 1)) return Status::Ok();
    switch (image.data[position_]) {
      case kExtension:
        return ReadExtension(image, more);
      case kImage:
        return ReadImage(image, more);
      case kTrailer:
        ended_ = true;
        return Status::Ok();
      default:
        // As in browsers: what came before the garbage counts.
        ended_ = true;
        return frames_.empty() ? BadImage("the GIF has a block of an unknown kind") : Status::Ok();
    }
  }

  Status ReadExtension(const ImageData& image, bool* more) {
    if (!image.Has(position_, 2)) return Status::Ok();
    if (scan_ <= position_) scan_ = position_ + 2;
    if (!SkipSubBlocks(image)) return Status::Ok();
    const uint8_t label = image.data[position_ + 1];
    const uint8_t* block = image.data + position_ + 2;
    const size_t size = block[0];
    if (label == kGraphicControl && size >= 4) {
      control_ = Control{};
      const int disposal = block[1] >> 2 & 7;
      if (disposal == 2) control_.dispose = Dispose::kBackground;
      if (disposal == 3) control_.dispose = Dispose::kPrevious;
      control_.duration = int64_t{Read16LE(block + 2)} * 10000;
      if (block[1] & 1) control_.transparent = block[4];
    }
    const bool loops = label == kApplication && size == 11 &&
                       (!std::memcmp(block + 1, "NETSCAPE2.0", 11) || !std::memcmp(block + 1, "ANIMEXTS1.0", 11));
    if (loops && block[12] >= 3 && block[13] == 1) {
      const int count = Read16LE(block + 14);
      repetition_count_ = count == 0 ? std::numeric_limits<double>::infinity() : count;
      has_repetition_count_ = true;
    }
    position_ = scan_;
    *more = true;
    return Status::Ok();
  }

  Status ReadImage(const ImageData& image, bool* more) {
    if (!image.Has(position_, kImageDescriptorSize)) return Status::Ok();
    const uint8_t* descriptor = image.data + position_;
    if (!frame_begun_) {
      AnimationFrame frame;
      frame.rect = {Read16LE(descriptor + 1), Read16LE(descriptor + 3), Read16LE(descriptor + 5),
                    Read16LE(descriptor + 7)};
      frame.dispose = control_.dispose;
      frame.duration = control_.duration;
      frame.blend = control_.transparent >= 0;
      frame.begin = position_;
      if (frames_.empty()) {
        // Files whose screen is too small for the first frame are common enough that browsers show all of that frame.
        canvas_width_ = std::max(canvas_width_, frame.rect.x + frame.rect.width);
        canvas_height_ = std::max(canvas_height_, frame.rect.y + frame.rect.height);
        if (Status status = CheckImageSize(canvas_width_, canvas_height_); !status.ok()) return status;
      }
      if (Status status = AddFrame(frame); !status.ok()) return status;
      transparent_.push_back(control_.transparent);
      control_ = Control{};
      frame_begun_ = true;
    }
    if (scan_ <= position_) {
      const size_t table = ColorTableSize(descriptor[9]);
      if (!image.Has(position_, kImageDescriptorSize + table + 1)) return Status::Ok();
      scan_ = position_ + kImageDescriptorSize + table + 1;  // the one is the code size
    }
    if (!SkipSubBlocks(image)) return Status::Ok();
    frames_.back().end = scan_;
    frames_.back().complete = true;
    frame_begun_ = false;
    position_ = scan_;
    *more = true;
    return Status::Ok();
  }

  void EstablishTrack() {
    if (frames_.empty()) return;
    tracks_.resize(1);
    tracks_[0].animated = frames_.size() > 1 || has_repetition_count_;
    tracks_[0].frame_count = static_cast<int>(frames_.size());
    tracks_[0].repetition_count = repetition_count_;
  }

  // What the last graphic control extension says of the next image.
  struct Control {
    Dispose dispose = Dispose::kNone;
    int64_t duration = -1;
    int16_t transparent = -1;
  };

  StillDecoder decoder_{AV_CODEC_ID_GIF};
  Control control_;
  std::vector<int16_t> transparent_;  // of each frame: the index of its transparent colour, or -1
  size_t global_table_size_ = 0;
  size_t position_ = 0;  // of the first block that is not read to its end
  size_t scan_ = 0;      // how far into that block sub-blocks were skipped; at or before `position_` when not begun
  bool frame_begun_ = false;
  bool ended_ = false;
  bool has_repetition_count_ = false;
  double repetition_count_ = 0;
};

}  // namespace

ImageReaderPtr MakeGifReader() {
  return StillDecoder::Has(AV_CODEC_ID_GIF) ? std::make_unique<GifReader>() : nullptr;
}

}  // namespace webcodecs
