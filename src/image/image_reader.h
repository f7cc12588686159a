// What a format of images is to the decoder: it finds the tracks in bytes that may still be arriving, and decodes their
// frames. A reader is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/color.h"
#include "media/convert.h"
#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

// Bounds on what a picture may take, whatever its header says: 2^27 pixels are 512 MiB as BGRA.
constexpr int64_t kMaxImagePixels = int64_t{1} << 27;
constexpr int64_t kMaxImageSide = 32767;
// Frames of one animation; each costs some bytes of bookkeeping.
constexpr size_t kMaxImageFrames = size_t{1} << 16;

// The bytes of the file that are there.
struct ImageData {
  const uint8_t* data;
  size_t size;
  bool complete;  // no more will come

  // Whether `count` bytes from `offset` on are there.
  bool Has(size_t offset, size_t count) const { return offset <= size && count <= size - offset; }
};

struct ImageTrackInfo {
  bool animated = false;
  int frame_count = 0;
  double repetition_count = 0;  // may be infinity
};

struct ImageRequest {
  int track = 0;
  int frame = 0;
  bool complete_frames_only = true;
  int last_generation = 0;  // of the progressive image that JavaScript has; 0 for none
  std::function<bool()> aborted;
};

struct ImageOutput {
  AVFramePtr frame;  // in any format of FFmpeg's
  bool opaque = false;  // an alpha channel in `frame` means nothing
  Rect visible{};       // empty for the whole picture
  ColorSpace color;
  std::vector<uint8_t> icc;  // an ICC profile that the file carries; empty for none
  int64_t timestamp = 0;     // microseconds
  std::optional<int64_t> duration;
  int orientation = 1;  // as EXIF numbers it
  // Of a progressive image: whether all of it is there, and how much, counted up from 1.
  bool complete = true;
  int generation = 0;
};

class ImageReader {
 public:
  virtual ~ImageReader() = default;
  // Reads on: `image` has all the bytes of the last call, and perhaps more. An error is final.
  virtual Status Parse(const ImageData& image) = 0;
  // Empty until they are known.
  const std::vector<ImageTrackInfo>& tracks() const { return tracks_; }
  // spec: "Primary Image Track"
  int primary_track() const { return primary_track_; }
  // Leaves `output` empty when the bytes for the frame are not there (yet), or the request was aborted. `image` is that
  // of the last Parse().
  virtual Status Decode(const ImageData& image, const ImageRequest& request, std::optional<ImageOutput>* output) = 0;

 protected:
  std::vector<ImageTrackInfo> tracks_;
  int primary_track_ = 0;
};

using ImageReaderPtr = std::unique_ptr<ImageReader>;

// One function for each format, in a file of its own. Null where the build lacks the library for it.
ImageReaderPtr MakePngReader();
ImageReaderPtr MakeJpegReader();
ImageReaderPtr MakeGifReader();
ImageReaderPtr MakeBmpReader();
ImageReaderPtr MakeWebpReader();
ImageReaderPtr MakeAvifReader();
ImageReaderPtr MakeJxlReader();

struct ImageFormat {
  const char* name;  // ImageFormat in lib/native/config.ts
  ImageReaderPtr (*make)();
};
constexpr ImageFormat kImageFormats[] = {
    {"png", MakePngReader},   {"jpeg", MakeJpegReader}, {"gif", MakeGifReader}, {"bmp", MakeBmpReader},
    {"webp", MakeWebpReader}, {"avif", MakeAvifReader}, {"jxl", MakeJxlReader},
};

inline Status BadImage(const std::string& message) { return Status(StatusCode::kEncoding, message); }

// Denies pictures without pixels and pictures past the bounds.
inline Status CheckImageSize(int64_t width, int64_t height) {
  if (width <= 0 || height <= 0) return BadImage("the image has no pixels");
  if (width <= kMaxImageSide && height <= kMaxImageSide && width * height <= kMaxImagePixels) return Status::Ok();
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  const std::string limit = std::to_string(kMaxImageSide) + " to a side or " + std::to_string(kMaxImagePixels);
  return Status(StatusCode::kOutOfMemory, "the image of " + size + " pixels has more than " + limit);
}

inline uint16_t Read16LE(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
inline uint32_t Read32LE(const uint8_t* p) { return Read16LE(p) | static_cast<uint32_t>(Read16LE(p + 2)) << 16; }
inline uint16_t Read16BE(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
inline uint32_t Read32BE(const uint8_t* p) { return static_cast<uint32_t>(Read16BE(p)) << 16 | Read16BE(p + 2); }

// sRGB as H.273 has it, for RGB samples; and JPEG's YCbCr (JFIF).
constexpr ColorSpace kSrgb{1, 13, kMatrixRgb, 1};
constexpr ColorSpace kJfif{1, 13, kMatrixSmpte170m, 1};

}  // namespace webcodecs
