// What JavaScript is told of an input that was opened.
#pragma once

#include "container/container_events.h"
#include "container/media_input.h"

namespace webcodecs {

// `input` must be open.
InputOpenedEvent DescribeInput(const MediaInput& input);

}  // namespace webcodecs
