// Pixels that were converted on another thread and wait to be moved into the user's buffer on the JavaScript thread.
#pragma once

#include "media/frame_pool.h"

namespace webcodecs {

struct Staging {
  PoolBufferPtr buffer;  // rows follow one another without a gap
  int row_bytes = 0;
  int rows = 0;
};

}  // namespace webcodecs
