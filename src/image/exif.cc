#include "image/exif.h"

#include <cstring>

#include "image/image_reader.h"

namespace webcodecs {

int ExifOrientation(const uint8_t* data, size_t size) {
  constexpr size_t kPrefixSize = 6, kTiffHeaderSize = 8, kEntrySize = 12;
  constexpr uint16_t kOrientationTag = 0x0112, kShort = 3;
  if (size >= kPrefixSize && !std::memcmp(data, "Exif\0\0", kPrefixSize)) {
    data += kPrefixSize;
    size -= kPrefixSize;
  }
  if (size < kTiffHeaderSize) return 1;
  const bool little = !std::memcmp(data, "II*\0", 4);
  if (!little && std::memcmp(data, "MM\0*", 4) != 0) return 1;
  const auto read16 = [little](const uint8_t* p) { return little ? Read16LE(p) : Read16BE(p); };
  const size_t directory = little ? Read32LE(data + 4) : Read32BE(data + 4);
  if (directory > size || size - directory < 2) return 1;
  const size_t count = read16(data + directory);
  for (size_t i = 0; i < count; i++) {
    const size_t offset = directory + 2 + i * kEntrySize;
    if (offset + kEntrySize > size) return 1;
    const uint8_t* entry = data + offset;
    if (read16(entry) != kOrientationTag) continue;
    const int orientation = read16(entry + 8);
    return read16(entry + 2) == kShort && orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

}  // namespace webcodecs
