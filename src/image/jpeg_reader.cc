// JPEG. The segments are read here, for the orientation and to tell which scans of a progressive image are there; FFmpeg
// decodes.
#include <cstring>

#include "image/exif.h"
#include "image/image_reader.h"
#include "image/still_decoder.h"

namespace webcodecs {
namespace {

constexpr uint8_t kStartOfImage = 0xD8, kEndOfImage = 0xD9, kStartOfScan = 0xDA, kApp1 = 0xE1;

// Scans cost time, each about as much as the whole picture, and few bytes.
constexpr size_t kMaxScans = 500;

bool IsStartOfFrame(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
bool IsProgressive(uint8_t marker) { return marker == 0xC2 || marker == 0xC6 || marker == 0xCA || marker == 0xCE; }
// Markers without a segment: restart markers and TEM.
bool StandsAlone(uint8_t marker) { return (marker >= 0xD0 && marker <= 0xD7) || marker == 0x01; }

class JpegReader : public ImageReader {
 public:
  Status Parse(const ImageData& image) override {
    if (position_ == 0) {
      if ((image.Has(0, 1) && image.data[0] != 0xFF) || (image.Has(1, 1) && image.data[1] != kStartOfImage))
        return BadImage("the image is no JPEG");
      if (!image.Has(0, 2)) return Status::Ok();
      position_ = 2;
    }
    bool more = true;
    while (more && !ended_) {
      if (scan_ends_.size() > kMaxScans) return BadImage("the JPEG has too many scans");
      if (in_scan_)
        more = SkipScan(image);
      else if (Status status = ReadSegment(image, &more); !status.ok())
        return status;
    }
    return Status::Ok();
  }

  Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) override {
    if (request.frame != 0) return Status::Ok();
    const bool partial = progressive_ && !request.complete_frames_only && !ended_;
    const int scans = static_cast<int>(scan_ends_.size());
    if (partial ? scans <= request.last_generation : !ended_) return Status::Ok();
    ImageOutput out;
    Status status;
    if (partial) {
      std::vector<uint8_t> file(image.data, image.data + scan_ends_.back());
      file.push_back(0xFF);
      file.push_back(kEndOfImage);
      status = decoder_.Decode(file.data(), file.size(), &out.frame);
      out.complete = false;
      out.generation = scans;
    } else {
      status = decoder_.Decode(image.data, position_, &out.frame);
    }
    if (!status.ok()) return status;
    out.opaque = true;  // FFmpeg leaves a plane of 255 behind where it converted from CMYK
    out.icc = IccProfileOf(*out.frame);
    out.color = kJfif;
    out.orientation = orientation_;
    *output = std::move(out);
    return Status::Ok();
  }

 private:
  // Reads the segment at `position_`, and clears `*more` when its end is not there.
  Status ReadSegment(const ImageData& image, bool* more) {
    *more = false;
    if (!image.Has(position_, 2)) return Status::Ok();
    const uint8_t marker = image.data[position_ + 1];
    if (image.data[position_] != 0xFF || marker == 0xFF || StandsAlone(marker)) {
      position_ += marker == 0xFF || image.data[position_] != 0xFF ? 1 : 2;
      *more = true;
      return Status::Ok();
    }
    if (marker == kEndOfImage) {
      position_ += 2;
      ended_ = true;
      return tracks_.empty() ? BadImage("the JPEG has no frame header") : Status::Ok();
    }
    if (!image.Has(position_, 4)) return Status::Ok();
    const uint8_t* segment = image.data + position_ + 4;
    const size_t length = Read16BE(image.data + position_ + 2);
    if (length < 2) return BadImage("a segment of the JPEG is too short");
    if (!image.Has(position_, 2 + length)) return Status::Ok();
    const size_t size = length - 2;
    if (IsStartOfFrame(marker) && size >= 5) {
      if (Status status = CheckImageSize(Read16BE(segment + 3), Read16BE(segment + 1)); !status.ok()) return status;
      progressive_ = IsProgressive(marker);
      tracks_.resize(1);
      tracks_[0].frame_count = 1;
    }
    if (marker == kApp1 && size > 6 && !std::memcmp(segment, "Exif\0\0", 6)) orientation_ = ExifOrientation(segment, size);
    position_ += 2 + length;
    in_scan_ = marker == kStartOfScan;
    *more = true;
    return Status::Ok();
  }

  // Moves on to the marker that ends the scan. Returns false when it is not there.
  bool SkipScan(const ImageData& image) {
    while (image.Has(position_, 2)) {
      const uint8_t* p = image.data + position_;
      const auto* found = static_cast<const uint8_t*>(std::memchr(p, 0xFF, image.size - position_ - 1));
      if (!found) {
        position_ = image.size - 1;
        return false;
      }
      position_ = static_cast<size_t>(found - image.data);
      const uint8_t marker = found[1];
      if (marker == 0xFF) {
        position_ += 1;
      } else if (marker == 0 || StandsAlone(marker)) {
        position_ += 2;
      } else {
        in_scan_ = false;
        scan_ends_.push_back(position_);
        return true;
      }
    }
    return false;
  }

  StillDecoder decoder_{AV_CODEC_ID_MJPEG};
  size_t position_ = 0;  // of what is not read yet
  std::vector<size_t> scan_ends_;
  bool in_scan_ = false;
  bool progressive_ = false;
  bool ended_ = false;
  int orientation_ = 1;
};

}  // namespace

ImageReaderPtr MakeJpegReader() {
  return StillDecoder::Has(AV_CODEC_ID_MJPEG) ? std::make_unique<JpegReader>() : nullptr;
}

}  // namespace webcodecs
