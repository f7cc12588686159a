#pragma once

#include "image/image_reader.h"

namespace webcodecs {

// Gives `output` the meaning that its ICC profile has. Where that is a colour space which the specification has names
// for, the names tell it and the pixels stay as they are. Any other RGB profile is converted to sRGB. A profile that is
// broken or for another kind of samples counts for nothing.
Status ApplyIccProfile(ImageOutput* output);

}  // namespace webcodecs
