// Copies planes as they are (spec: the copy steps of VideoFrame.copyTo() with a computed plane layout).
#pragma once

#include "media/picture.h"

namespace webcodecs {

struct ComputedPlaneLayout {
  uint32_t destination_offset, destination_stride, source_top, source_height, source_left_bytes, source_width_bytes;
};

// Rows that follow one another without a gap on both sides are copied in one piece.
void CopyPlane(const uint8_t* source, ptrdiff_t source_stride, uint8_t* destination, ptrdiff_t destination_stride,
               size_t row_bytes, int rows);

void CopyPlanes(const Picture& picture, const ComputedPlaneLayout* layouts, int plane_count, uint8_t* destination);

}  // namespace webcodecs
