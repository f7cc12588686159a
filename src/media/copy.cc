#include "media/copy.h"

#include <cstring>

namespace webcodecs {

void CopyPlane(const uint8_t* source, ptrdiff_t source_stride, uint8_t* destination, ptrdiff_t destination_stride,
               size_t row_bytes, int rows) {
  if (rows <= 0 || row_bytes == 0) return;
  if (source_stride == destination_stride && source_stride == static_cast<ptrdiff_t>(row_bytes)) {
    std::memcpy(destination, source, row_bytes * static_cast<size_t>(rows));
    return;
  }
  for (int row = 0; row < rows; row++) {
    std::memcpy(destination, source, row_bytes);
    source += source_stride;
    destination += destination_stride;
  }
}

void CopyPlanes(const Picture& picture, const ComputedPlaneLayout* layouts, int plane_count, uint8_t* destination) {
  for (int plane = 0; plane < plane_count; plane++) {
    const ComputedPlaneLayout& layout = layouts[plane];
    const ptrdiff_t stride = picture.stride(plane);
    const uint8_t* source =
        picture.data(plane) + stride * static_cast<ptrdiff_t>(layout.source_top) + layout.source_left_bytes;
    CopyPlane(source, stride, destination + layout.destination_offset, layout.destination_stride,
              layout.source_width_bytes, static_cast<int>(layout.source_height));
  }
}

}  // namespace webcodecs
