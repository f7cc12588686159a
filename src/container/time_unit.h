// What JavaScript counts times in.
#pragma once

extern "C" {
#include <libavutil/rational.h>
}

namespace webcodecs {

constexpr AVRational kMicroseconds = {1, 1000000};

}  // namespace webcodecs
