// BMP, decoded by FFmpeg.
#include <algorithm>
#include <cstdlib>

#include "image/image_reader.h"
#include "image/still_decoder.h"

namespace webcodecs {
namespace {

constexpr size_t kFileHeaderSize = 14, kCoreHeaderSize = 12;
constexpr uint32_t kRgb = 0, kBitFields = 3, kAlphaBitFields = 6;

class BmpReader : public ImageReader {
 public:
  Status Parse(const ImageData& image) override {
    if (!tracks_.empty()) return Status::Ok();
    if ((image.Has(0, 1) && image.data[0] != 'B') || (image.Has(1, 1) && image.data[1] != 'M'))
      return BadImage("the image is no BMP");
    if (!image.Has(0, kFileHeaderSize + 4)) return Status::Ok();
    const uint8_t* header = image.data + kFileHeaderSize;
    const size_t header_size = Read32LE(header);
    if (header_size < kCoreHeaderSize || header_size > 1024) return BadImage("the BMP has a header of an unknown kind");
    if (!image.Has(kFileHeaderSize, header_size)) return Status::Ok();
    int64_t width, height;
    int bits;
    uint32_t compression = kRgb;
    if (header_size == kCoreHeaderSize) {
      width = Read16LE(header + 4);
      height = Read16LE(header + 6);
      bits = Read16LE(header + 10);
    } else {
      if (header_size < 20) return BadImage("the BMP has a header of an unknown kind");
      width = static_cast<int32_t>(Read32LE(header + 4));
      height = std::abs(int64_t{static_cast<int32_t>(Read32LE(header + 8))});
      bits = Read16LE(header + 14);
      compression = Read32LE(header + 16);
    }
    if (Status status = CheckImageSize(width, height); !status.ok()) return status;
    const bool has_masks = compression == kBitFields || compression == kAlphaBitFields;
    // An alpha mask has its place in headers of this size and above.
    constexpr size_t kAlphaMaskEnd = 56;
    opaque_ = !(bits == 32 && has_masks && header_size >= kAlphaMaskEnd && Read32LE(header + kAlphaMaskEnd - 4) != 0);
    const bool is_plain = compression == kRgb || has_masks;
    const int64_t row_bytes = (width * bits + 31) / 32 * 4;
    // Where rows are compressed, only the end of the file tells.
    needed_ = is_plain ? Read32LE(image.data + 10) + static_cast<size_t>(row_bytes * height) : 0;
    tracks_.resize(1);
    tracks_[0].frame_count = 1;
    return Status::Ok();
  }

  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override {
    const bool there = needed_ > 0 ? image.size >= needed_ : image.complete;
    if (request.frame != 0 || !there) return Status::Ok();
    ImageOutput out;
    if (Status status = decoder_.Decode(image.data, image.size, &out.frame); !status.ok()) return status;
    out.opaque = opaque_;
    out.color = kSrgb;
    *output = std::move(out);
    return Status::Ok();
  }

 private:
  StillDecoder decoder_{AV_CODEC_ID_BMP};
  size_t needed_ = 0;
  bool opaque_ = true;
};

}  // namespace

ImageReaderPtr MakeBmpReader() {
  return StillDecoder::Has(AV_CODEC_ID_BMP) ? std::make_unique<BmpReader>() : nullptr;
}

}  // namespace webcodecs
