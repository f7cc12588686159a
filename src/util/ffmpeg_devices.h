// libavdevice, where the addon was built with it: devices, and lavfi, whose sources are filters. It is loaded on first use, like
// libavformat.
#pragma once

#include <string>

#include "util/status.h"

namespace webcodecs {

// Lets libavformat find devices by their names. Fails in a build without libavdevice; any thread.
Status LoadDeviceLibrary();
// Whether `name` is that of a device to read from. The library must be loaded.
bool IsInputDevice(const std::string& name);

}  // namespace webcodecs
