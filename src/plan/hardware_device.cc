#include "plan/hardware_device.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace webcodecs {

namespace {

struct KindRow {
  DeviceKind kind;
  const char* name;
  AVHWDeviceType type;
  bool takes_path;
};
constexpr KindRow kKinds[] = {
    {DeviceKind::kCuda, "cuda", AV_HWDEVICE_TYPE_CUDA, true},
    {DeviceKind::kVaapi, "vaapi", AV_HWDEVICE_TYPE_VAAPI, true},
    {DeviceKind::kQsv, "qsv", AV_HWDEVICE_TYPE_QSV, true},
    // FFmpeg tries the nodes of V4L2 by itself, and takes no name.
    {DeviceKind::kV4l2m2m, "v4l2m2m", AV_HWDEVICE_TYPE_NONE, false},
    {DeviceKind::kVideoToolbox, "videotoolbox", AV_HWDEVICE_TYPE_VIDEOTOOLBOX, false},
};

const KindRow& RowOf(DeviceKind kind) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [kind](const KindRow& row) { return row.kind == kind; });
}

// What WEBCODECS_NATIVE_DEVICE says.
struct Choice {
  bool any = true;
  Device device;        // unless any; kNone for "none"
  std::string mistake;  // what is wrong with it
};

Choice& TheChoice() {
  // Never destroyed: probes may run while the process exits.
  static auto* choice = new Choice();
  return *choice;
}

Choice ParseChoice(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string path = colon == std::string::npos ? "" : text.substr(colon + 1);
  Choice choice;
  choice.any = false;
  if (text == "none") return choice;
  for (const KindRow& row : kKinds) {
    if (kind != row.name || (colon != std::string::npos && (path.empty() || !row.takes_path))) continue;
    choice.device = {row.kind, path};
    return choice;
  }
  choice.mistake = "expected none, cuda, vaapi, qsv, v4l2m2m or videotoolbox, the first three of them with or without a "
                   "device behind a colon, for WEBCODECS_NATIVE_DEVICE but received " + text;
  return choice;
}

bool Exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

// The entries of a directory that begin with `prefix`, in the order of their names; none where there is no directory.
std::vector<std::string> List(const std::string& directory, const std::string& prefix) {
  std::vector<std::string> paths;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()), closedir);
  if (!open) return paths;
  while (const dirent* entry = readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name.compare(0, prefix.size(), prefix) == 0) paths.push_back(directory + '/' + name);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Status Missing(const std::string& what) { return Status(StatusCode::kNotSupported, "no " + what); }

bool CanLoad(const char* library) {
  void* handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (handle) dlclose(handle);
  return handle != nullptr;
}

Status FindRenderNodes(DeviceKind kind, std::vector<Device>* devices) {
  for (const std::string& node : List("/dev/dri", "renderD")) devices->push_back({kind, node});
  return devices->empty() ? Missing("/dev/dri/renderD*") : Status::Ok();
}

// Without a named one.
Status FindAnyDevices(DeviceKind kind, std::vector<Device>* devices) {
  switch (kind) {
    case DeviceKind::kCuda:
      if (!CanLoad("libcuda.so.1")) return Missing("libcuda.so.1");
      break;
    case DeviceKind::kVaapi:
    case DeviceKind::kQsv:
      return FindRenderNodes(kind, devices);
    case DeviceKind::kV4l2m2m:
      if (List("/dev", "video").empty()) return Missing("/dev/video*");
      break;
    default:
#if !defined(__APPLE__)
      return Missing("VideoToolbox on this system");
#endif
      break;
  }
  devices->push_back({kind, ""});
  return Status::Ok();
}

}  // namespace

std::string Device::name() const {
  if (kind == DeviceKind::kNone) return "none";
  return path.empty() ? RowOf(kind).name : std::string(RowOf(kind).name) + ':' + path;
}

void ReadDeviceChoice() {
  // Every environment of the process loads the addon.
  static const bool once = [] {
    const char* variable = std::getenv("WEBCODECS_NATIVE_DEVICE");
    if (variable && *variable) TheChoice() = ParseChoice(variable);
    return true;
  }();
  static_cast<void>(once);
}

Status FindDevices(DeviceKind kind, std::vector<Device>* devices) {
  devices->clear();
  const Choice& choice = TheChoice();
  if (!choice.mistake.empty()) return Status(StatusCode::kNotSupported, choice.mistake);
  if (choice.any) return FindAnyDevices(kind, devices);
  if (choice.device.kind != kind) {
    return Status(StatusCode::kNotSupported, "WEBCODECS_NATIVE_DEVICE is " + choice.device.name());
  }
  const std::string& path = choice.device.path;
  if (path.empty() || kind == DeviceKind::kCuda) {
    Status status = FindAnyDevices(kind, devices);
    if (!path.empty() && status.ok()) *devices = {choice.device};
    return status;
  }
  if (path[0] == '/' && !Exists(path)) return Missing(path);
  devices->push_back(choice.device);
  return Status::Ok();
}

AVHWDeviceType DeviceType(DeviceKind kind) { return RowOf(kind).type; }

Status OpenDevice(const Device& device, AVBufferRefPtr* handle) {
  // AV_CUDA_USE_PRIMARY_CONTEXT, whose header needs CUDA's: one context for all codecs instead of one for each.
  constexpr int kPrimaryContext = 1;

  handle->reset();
  if (device.kind == DeviceKind::kV4l2m2m) return Status::Ok();
  AVDictionaryOwner options;
  std::string path = device.path;
  int flags = 0;
  bool set = true;
  if (device.kind == DeviceKind::kCuda) {
    flags = kPrimaryContext;
  } else if (device.kind == DeviceKind::kQsv) {
    // Never the implementation that runs on the processor.
    set = options.Set("child_device", device.path.c_str());
    path = "hw_any";
  } else if (device.kind == DeviceKind::kVaapi && path[0] == '/') {
    set = options.Set("connection_type", "drm");
  }
  if (!set) return Status(StatusCode::kOutOfMemory, "out of memory");
  AVBufferRef* opened = nullptr;
  const int result = av_hwdevice_ctx_create(&opened, DeviceType(device.kind), path.empty() ? nullptr : path.c_str(),
                                            *options.address(), flags);
  if (result < 0) return Status::FromAv(StatusCode::kNotSupported, device.name().c_str(), result);
  handle->reset(opened);
  return Status::Ok();
}

}  // namespace webcodecs
