#include "capture_bindings.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/capture_reader.h"
#include "capture/capture_registry.h"
#include "env_state.h"
#include "util/napi_util.h"

namespace webcodecs {
namespace {

// It does not keep the source alive: the registry does until it is removed, and readers.
using SourceHandle = Napi::External<std::weak_ptr<CaptureSource>>;
using ReaderHandle = Napi::External<std::shared_ptr<CaptureReader>>;

std::string ReadString(const Napi::Value& value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(value.Env(), value, nullptr, 0, &length) != napi_ok) return {};
  std::string out(length, '\0');
  napi_get_value_string_utf8(value.Env(), value, out.data(), length + 1, &length);
  return out;
}

std::vector<std::pair<std::string, std::string>> ReadOptions(napi_env env, napi_value array) {
  std::vector<std::pair<std::string, std::string>> options;
  uint32_t length = 0;
  if (array) napi_get_array_length(env, array, &length);
  const auto text = [&](uint32_t index) {
    napi_value element = nullptr;
    napi_get_element(env, array, index, &element);
    return element ? ReadString(Napi::Value(env, element)) : std::string();
  };
  for (uint32_t i = 0; i + 1 < length; i += 2) options.emplace_back(text(i), text(i + 1));
  return options;
}

CaptureRequest ReadRequest(const Napi::Value& value) {
  const ObjectReader object(value);
  CaptureRequest request;
  request.micros = object.Int64("micros");
  request.sample_rate = object.Int("sampleRate");
  request.channels = object.Int("channels");
  request.audio = object.Int("audio");
  request.video = object.Int("video");
  request.video_bytes = object.Int64("videoBytes");
  request.format = object.String("format");
  request.has_options = object.Bool("hasOptions");
  request.options = ReadOptions(value.Env(), object.Get("options"));
  request.pace = object.Int("pace");
  request.timeout = object.Int64("timeout");
  request.attempts = object.Int("attempts");
  request.min_delay = object.Int64("minDelay");
  request.max_delay = object.Int64("maxDelay");
  return request;
}

Napi::Value WrapSource(Napi::Env env, const std::shared_ptr<CaptureSource>& source) {
  auto share = std::make_unique<std::weak_ptr<CaptureSource>>(source);
  Napi::Value handle =
      SourceHandle::New(env, share.get(), [](Napi::Env, std::weak_ptr<CaptureSource>* held) { delete held; });
  // A worker that is being terminated makes no objects.
  if (!handle.IsEmpty()) share.release();
  return handle;
}

std::shared_ptr<CaptureSource> SourceOf(const Napi::Value& handle) { return handle.As<SourceHandle>().Data()->lock(); }

CaptureReader& ReaderOf(const Napi::Value& handle) { return **handle.As<ReaderHandle>().Data(); }

Napi::Value Allocate(const Napi::CallbackInfo& info) {
  const std::shared_ptr<CaptureSource> source =
      CaptureRegistry::Global().AllocateIfNeeded(ReadString(info[0]), ReadRequest(info[1]));
  if (source) return WrapSource(info.Env(), source);
  Napi::Error::New(info.Env(), "no thread for the source").ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

Napi::Value Find(const Napi::CallbackInfo& info) {
  const std::shared_ptr<CaptureSource> source = CaptureRegistry::Global().Find(ReadString(info[0]));
  return source ? WrapSource(info.Env(), source) : info.Env().Null();
}

Napi::Value Remove(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), CaptureRegistry::Global().Remove(ReadString(info[0])));
}

Napi::Value Sources(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const std::string& name : CaptureRegistry::Global().Names()) {
    names.Set(count++, Napi::String::New(info.Env(), name));
  }
  return names;
}

Napi::Value SourceStatus(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::shared_ptr<CaptureSource> source = SourceOf(info[0]);
  if (!source) return env.Null();
  const CaptureStatus status = source->status();
  const CaptureShape shape = source->shape();
  Napi::Object out = Napi::Object::New(env);
  const auto set = [&](const char* key, int64_t value) {
    out.Set(key, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("state", static_cast<int>(status.state));
  set("version", status.version);
  set("error", static_cast<int>(status.error.code()));
  out.Set("message", Napi::String::New(env, status.error.message()));
  set("micros", shape.micros);
  set("connections", status.connections);
  set("decodeErrors", status.decode_errors);
  set("sampleRate", status.sample_rate);
  set("channels", status.channels);
  set("audioBytes", status.audio_bytes);
  set("samples", status.samples);
  set("videoBytes", status.video_bytes);
  set("pictures", status.pictures);
  set("begin", status.begin);
  set("end", status.end);
  return out;
}

Napi::Value OpenReader(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::shared_ptr<CaptureSource> source = SourceOf(info[1]);
  if (!source || source->stopped()) return env.Null();
  auto share = std::make_unique<std::shared_ptr<CaptureReader>>(
      std::make_shared<CaptureReader>(EnvState::Get(env), ReadInt(info[0]), std::move(source)));
  Napi::Value handle = ReaderHandle::New(env, share.get(), [](Napi::Env, std::shared_ptr<CaptureReader>* held) {
    (*held)->Close();
    delete held;
  });
  if (!handle.IsEmpty()) share.release();
  return handle;
}

Napi::Value ReadLast(const Napi::CallbackInfo& info) {
  ReaderOf(info[0]).ReadLast(ReadInt(info[1]), ReadInt64(info[2]), ReadBool(info[3]), ReadBool(info[4]));
  return info.Env().Undefined();
}

Napi::Value BeginFollow(const Napi::CallbackInfo& info) {
  CaptureCursor cursor;
  cursor.last = ReadInt64(info[1]);
  cursor.max_lag = ReadInt64(info[2]);
  cursor.audio = ReadBool(info[3]);
  cursor.video = ReadBool(info[4]);
  ReaderOf(info[0]).BeginFollow(cursor);
  return info.Env().Undefined();
}

Napi::Value Next(const Napi::CallbackInfo& info) {
  ReaderOf(info[0]).Next(ReadInt(info[1]));
  return info.Env().Undefined();
}

Napi::Value CancelNext(const Napi::CallbackInfo& info) {
  ReaderOf(info[0]).CancelNext();
  return info.Env().Undefined();
}

Napi::Value AwaitChange(const Napi::CallbackInfo& info) {
  ReaderOf(info[0]).AwaitChange(ReadInt(info[1]), ReadInt(info[2]));
  return info.Env().Undefined();
}

Napi::Value CancelChange(const Napi::CallbackInfo& info) {
  ReaderOf(info[0]).CancelChange();
  return info.Env().Undefined();
}

Napi::Value CloseReader(const Napi::CallbackInfo& info) {
  ReaderOf(info[0]).Close();
  return info.Env().Undefined();
}

}  // namespace

void RegisterCaptureBindings(Napi::Env env, Napi::Object exports) {
  CaptureRegistry::Global().AddEnvironment();
  napi_add_env_cleanup_hook(env, [](void*) { CaptureRegistry::Global().EndEnvironment(); }, nullptr);
  exports.Set("captureAllocate", Napi::Function::New<Allocate>(env));
  exports.Set("captureFind", Napi::Function::New<Find>(env));
  exports.Set("captureRemove", Napi::Function::New<Remove>(env));
  exports.Set("captureSources", Napi::Function::New<Sources>(env));
  exports.Set("captureStatus", Napi::Function::New<SourceStatus>(env));
  exports.Set("captureOpenReader", Napi::Function::New<OpenReader>(env));
  exports.Set("captureReadLast", Napi::Function::New<ReadLast>(env));
  exports.Set("captureBeginFollow", Napi::Function::New<BeginFollow>(env));
  exports.Set("captureNext", Napi::Function::New<Next>(env));
  exports.Set("captureCancelNext", Napi::Function::New<CancelNext>(env));
  exports.Set("captureAwaitChange", Napi::Function::New<AwaitChange>(env));
  exports.Set("captureCancelChange", Napi::Function::New<CancelChange>(env));
  exports.Set("captureCloseReader", Napi::Function::New<CloseReader>(env));
}

}  // namespace webcodecs
