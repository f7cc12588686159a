#include "media/alpha_plane.h"

namespace webcodecs {

Status ExtractAlpha(const Picture& picture, PixelFormat source_format, const Rect& visible, int width, int height,
                    AVFramePtr* out) {
  return Status(StatusCode::kNotSupported, "not yet");
}

}  // namespace webcodecs
