// The devices that encode and decode: which kinds there are, which of them the environment allows, and which seem to be
// there. Nothing here is called for configurations that do not demand a device.
#pragma once

#include <string>
#include <vector>

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

enum class DeviceKind { kNone, kCuda, kVaapi, kQsv, kV4l2m2m, kVideoToolbox };

// In the order of preference.
constexpr DeviceKind kDeviceKinds[] = {DeviceKind::kCuda, DeviceKind::kVaapi, DeviceKind::kQsv, DeviceKind::kV4l2m2m,
                                       DeviceKind::kVideoToolbox};

struct Device {
  DeviceKind kind = DeviceKind::kNone;
  // CUDA: the number of the device. VA-API and QSV: its node, or an X11 display. Otherwise empty: FFmpeg finds it.
  std::string path;
  // As WEBCODECS_NATIVE_DEVICE names it, such as "vaapi:/dev/dri/renderD128".
  std::string name() const;
};

// Reads WEBCODECS_NATIVE_DEVICE. Called once, when the addon is loaded: the environment may change under other threads.
void ReadDeviceChoice();

// The devices of `kind` that the environment allows and whose files are there, found without loading a driver that
// would complain. Not supported, and why, when there are none.
Status FindDevices(DeviceKind kind, std::vector<Device>* devices);

// FFmpeg's handle of a device; null for the kinds that FFmpeg opens by itself, codec by codec.
Status OpenDevice(const Device& device, AVBufferRefPtr* handle);

// The kind as FFmpeg knows it; AV_HWDEVICE_TYPE_NONE for V4L2, which has no handles.
AVHWDeviceType DeviceType(DeviceKind kind);

}  // namespace webcodecs
