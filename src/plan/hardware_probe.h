// Finding out what a device can do: in bounded time, whatever its driver does, and not for good.
#pragma once

#include <functional>
#include <string>

#include "util/status.h"

namespace webcodecs {

// What `probe` found out about what `key` names, now or a short while ago. It runs on a thread of its own, which is left
// to itself when it does not come back in time. Waits; not for the JavaScript thread.
Status ProbeDevice(const std::string& key, std::function<Status()> probe);

}  // namespace webcodecs
