#include "util/ffmpeg_formats.h"

#include <dlfcn.h>

#include <mutex>
#include <string>

namespace webcodecs {
namespace {

#define WEBCODECS_TEXT_OF(value) #value
#define WEBCODECS_TEXT(value) WEBCODECS_TEXT_OF(value)

// The name has the major version, which is that of the headers: within it functions and structures stay what they are.
#if defined(__APPLE__)
constexpr const char* kFormatsName = "libavformat." WEBCODECS_TEXT(LIBAVFORMAT_VERSION_MAJOR) ".dylib";
#else
constexpr const char* kFormatsName = "libavformat.so." WEBCODECS_TEXT(LIBAVFORMAT_VERSION_MAJOR);
#endif
// Where pkg-config found it, for an FFmpeg that the system's loader does not know.
constexpr const char* kFolder = WEBCODECS_AVFORMAT_FOLDER;

struct Loaded {
  FormatLibrary library;
  Status status;
};

void* OpenLibrary() {
  if (void* handle = dlopen(kFormatsName, RTLD_NOW | RTLD_LOCAL)) return handle;
  const std::string path = std::string(kFolder) + "/" + kFormatsName;
  return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}

void LoadFormats(Loaded* loaded) {
  void* handle = OpenLibrary();
  if (!handle) {
    const char* reason = dlerror();
    loaded->status = Status(StatusCode::kNotSupported, std::string("libavformat: ") + (reason ? reason : "not found"));
    return;
  }
#define WEBCODECS_LOAD(name)                                                                              \
  loaded->library.name = reinterpret_cast<decltype(loaded->library.name)>(dlsym(handle, #name));          \
  if (!loaded->library.name) {                                                                            \
    loaded->status = Status(StatusCode::kNotSupported, std::string(kFormatsName) + " has no function " + #name); \
    return;                                                                                               \
  }
  WEBCODECS_AVFORMAT_FUNCTIONS(WEBCODECS_LOAD)
#undef WEBCODECS_LOAD
}

// Never unloaded, and never destroyed: threads may outlive static destructors when the process exits.
Loaded& Library() {
  static Loaded* loaded = new Loaded();
  return *loaded;
}

}  // namespace

Status LoadFormatLibrary() {
  static std::once_flag once;
  std::call_once(once, [] { LoadFormats(&Library()); });
  return Library().status;
}

const FormatLibrary& Formats() { return Library().library; }

}  // namespace webcodecs
