// Conversions between sample types as the specification scales them: the minimum value of one type becomes that of the
// other, the bias value the bias value, the maximum value the maximum value, and between them the way is straight.
#pragma once

#include <cstddef>
#include <cstdint>

#include "audio/sample_format.h"

namespace webcodecs {

// Converts `count` samples of one channel. Strides are in samples. What is out of range is clipped, except where both
// are floats; integers are rounded to the nearest.
void ConvertSamples(const uint8_t* source, SampleType source_type, ptrdiff_t source_stride, uint8_t* destination,
                    SampleType destination_type, ptrdiff_t destination_stride, size_t count);

}  // namespace webcodecs
