#pragma once

#include <cstddef>
#include <cstdint>

namespace webcodecs {

// The orientation (1 to 8) in an EXIF block, which begins with a TIFF header, or with "Exif\0\0" before that; 1 when
// there is none.
int ExifOrientation(const uint8_t* data, size_t size);

}  // namespace webcodecs
