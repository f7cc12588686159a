// Alpha as a picture of its own, the way WebM carries it: as luma, with neutral chroma.
#pragma once

#include "media/convert.h"
#include "media/picture.h"
#include "util/status.h"

namespace webcodecs {

// The alpha of `visible`, scaled to `width` x `height`, as the luma of an I420 frame in pool memory, 0 transparent and
// 255 opaque. All 255 where `source_format` has no alpha. Alpha of more than 8 bits is rounded to 8.
Status ExtractAlpha(const Picture& picture, PixelFormat source_format, const Rect& visible, int width, int height,
                    AVFramePtr* out);

}  // namespace webcodecs
