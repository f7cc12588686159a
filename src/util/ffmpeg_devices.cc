#include "util/ffmpeg_devices.h"

#include "util/ffmpeg_formats.h"

#if WITH_AVDEVICE
extern "C" {
#include <libavdevice/avdevice.h>
}

#include <dlfcn.h>

#include <mutex>
#endif

extern "C" {
#include <libavutil/log.h>
}

namespace webcodecs {

#if WITH_AVDEVICE
namespace {

#define WEBCODECS_TEXT_OF(value) #value
#define WEBCODECS_TEXT(value) WEBCODECS_TEXT_OF(value)

#if defined(__APPLE__)
constexpr const char* kDevicesName = "libavdevice." WEBCODECS_TEXT(LIBAVDEVICE_VERSION_MAJOR) ".dylib";
#else
constexpr const char* kDevicesName = "libavdevice.so." WEBCODECS_TEXT(LIBAVDEVICE_VERSION_MAJOR);
#endif

Status LoadDevices() {
  Status status = LoadFormatLibrary();
  if (!status.ok()) return status;
  void* handle = dlopen(kDevicesName, RTLD_NOW | RTLD_LOCAL);
  if (!handle) handle = dlopen((std::string(WEBCODECS_AVFORMAT_FOLDER "/") + kDevicesName).c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto register_all =
      handle ? reinterpret_cast<decltype(&avdevice_register_all)>(dlsym(handle, "avdevice_register_all")) : nullptr;
  if (!register_all) {
    const char* reason = dlerror();
    return Status(StatusCode::kNotSupported, std::string("libavdevice: ") + (reason ? reason : "not found"));
  }
  register_all();
  return Status::Ok();
}

}  // namespace

Status LoadDeviceLibrary() {
  static std::once_flag once;
  // Never destroyed: threads may outlive static destructors.
  static Status* status = new Status();
  std::call_once(once, [] { *status = LoadDevices(); });
  return *status;
}
#else
Status LoadDeviceLibrary() {
  return Status(StatusCode::kNotSupported,
                "this build has no libavdevice: install libavdevice-dev, and build the addon again");
}
#endif

bool IsInputDevice(const std::string& name) {
  const AVInputFormat* format = Formats().av_find_input_format(name.c_str());
  return format && format->priv_class && AV_IS_INPUT_DEVICE(format->priv_class->category);
}

}  // namespace webcodecs
