#include "image_bindings.h"

#include <algorithm>
#include <climits>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "env_state.h"
#include "image/image_decoder.h"
#include "util/napi_util.h"

namespace webcodecs {
namespace {

using ImageHandle = Napi::External<std::shared_ptr<ImageDecoder>>;

ImageDecoder& Image(const Napi::Value& handle) { return **handle.As<ImageHandle>().Data(); }

ImageReaderPtr MakeReader(const std::string& name) {
  for (const ImageFormat& format : kImageFormats) {
    if (name == format.name) return format.make();
  }
  return nullptr;
}

Napi::Value ImageFormats(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const ImageFormat& format : kImageFormats) {
    if (format.make()) names.Set(count++, Napi::String::New(info.Env(), format.name));
  }
  return names;
}

Napi::Value CreateImage(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const ObjectReader config(info[1]);
  ImageReaderPtr reader = MakeReader(config.String("format"));
  if (!reader) {
    Napi::Error::New(env, "no decoder for this format of images").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  ImageOptions options;
  options.ignore_color = config.Bool("ignoreColor");
  // Sides past the largest are refused when there is a picture.
  constexpr int64_t kTooLarge = kMaxImageSide + 1;
  options.desired_width = static_cast<int>(std::min(config.Int64("desiredWidth"), kTooLarge));
  options.desired_height = static_cast<int>(std::min(config.Int64("desiredHeight"), kTooLarge));
  auto share = std::make_unique<std::shared_ptr<ImageDecoder>>(
      std::make_shared<ImageDecoder>(EnvState::Get(env), ReadInt(info[0]), std::move(reader), options));
  Napi::Value handle = ImageHandle::New(env, share.get(), [](Napi::Env, std::shared_ptr<ImageDecoder>* held) {
    (*held)->Close();
    delete held;
  });
  // A worker that is being terminated makes no objects.
  if (!handle.IsEmpty()) share.release();
  return handle;
}

Napi::Value ImageAppend(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Bytes bytes = ReadBytes(env, info[1]);
  try {
    Image(info[0]).Append(std::vector<uint8_t>(bytes.data, bytes.data + bytes.size), ReadBool(info[2]));
  } catch (const std::bad_alloc&) {
    Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
  }
  return env.Undefined();
}

Napi::Value ImageDecode(const Napi::CallbackInfo& info) {
  ImageRequest request;
  request.track = ReadInt(info[2]);
  request.frame = static_cast<int>(std::min<int64_t>(ReadInt64(info[3]), INT_MAX));
  request.complete_frames_only = ReadBool(info[4]);
  request.last_generation = ReadInt(info[5]);
  Image(info[0]).Decode(ReadInt(info[1]), std::move(request));
  return info.Env().Undefined();
}

Napi::Value ImageAbort(const Napi::CallbackInfo& info) {
  Image(info[0]).Abort();
  return info.Env().Undefined();
}

Napi::Value ImageClose(const Napi::CallbackInfo& info) {
  Image(info[0]).Close();
  return info.Env().Undefined();
}

}  // namespace

void RegisterImageBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("imageFormats", Napi::Function::New<ImageFormats>(env));
  exports.Set("createImage", Napi::Function::New<CreateImage>(env));
  exports.Set("imageAppend", Napi::Function::New<ImageAppend>(env));
  exports.Set("imageDecode", Napi::Function::New<ImageDecode>(env));
  exports.Set("imageAbort", Napi::Function::New<ImageAbort>(env));
  exports.Set("imageClose", Napi::Function::New<ImageClose>(env));
}

}  // namespace webcodecs
