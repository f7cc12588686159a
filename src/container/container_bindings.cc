#include "container/container_bindings.h"

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "codec/codec_handle.h"
#include "container/demux_worker.h"
#include "container/js_byte_source.h"
#include "util/napi_util.h"

namespace webcodecs {
namespace {

std::string ReadString(const Napi::Value& value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(value.Env(), value, nullptr, 0, &length) != napi_ok) return {};
  std::string out(length, '\0');
  napi_get_value_string_utf8(value.Env(), value, out.data(), length + 1, &length);
  return out;
}

// An element of an array; empty in an environment that is being terminated.
Napi::Value Element(Napi::Env env, napi_value array, uint32_t index) {
  napi_value value = nullptr;
  if (napi_get_element(env, array, index, &value) != napi_ok) return env.Undefined();
  return Napi::Value(env, value);
}

uint32_t Length(Napi::Env env, napi_value array) {
  uint32_t length = 0;
  return array && napi_get_array_length(env, array, &length) == napi_ok ? length : 0;
}

// Pairs, flat.
std::vector<std::pair<std::string, std::string>> ReadPairs(Napi::Env env, napi_value array) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const uint32_t length = Length(env, array);
  for (uint32_t i = 0; i + 1 < length; i += 2) {
    pairs.emplace_back(ReadString(Element(env, array, i)), ReadString(Element(env, array, i + 1)));
  }
  return pairs;
}

std::vector<uint8_t> CopyBytes(napi_env env, napi_value view) {
  const Bytes bytes = ReadBytes(env, view);
  return std::vector<uint8_t>(bytes.data, bytes.data + bytes.size);
}

Napi::Value OpenDemuxer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const ObjectReader config(info[1]);
  MediaInputOptions options;
  options.url = config.String("url");
  options.format = config.String("format");
  options.timeout_us = config.Int64("timeout");
  options.dictionary = ReadPairs(env, config.Get("dictionary"));
  auto& worker = CodecOf<DemuxWorker>(info[0]);
  std::shared_ptr<ByteSource> bytes;
  try {
    const std::string kind = config.String("kind");
    if (kind == "memory") bytes = std::make_shared<MemoryByteSource>(CopyBytes(env, config.Get("data")));
    if (kind == "stream" || kind == "ranges") {
      const int64_t size = kind == "stream" ? -1 : config.Int64("size");
      // The source ends with the worker, which it is a member of.
      bytes = std::make_shared<JsByteSource>(size, [&worker](BytesWantedEvent event) { worker.Ask(std::move(event)); });
    }
  } catch (const std::bad_alloc&) {
    Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  worker.Open(std::move(options), std::move(bytes));
  return env.Undefined();
}

Napi::Value StartDemuxer(const Napi::CallbackInfo& info) {
  std::vector<int> tracks;
  const uint32_t length = Length(info.Env(), info[2]);
  for (uint32_t i = 0; i < length; ++i) tracks.push_back(ReadInt(Element(info.Env(), info[2], i)));
  CodecOf<DemuxWorker>(info[0]).Start(ReadInt(info[1]), std::move(tracks), ReadOptionalInt64(info[3]));
  return info.Env().Undefined();
}

Napi::Value ReadDemuxer(const Napi::CallbackInfo& info) {
  CodecOf<DemuxWorker>(info[0]).Read(ReadInt(info[1]), ReadInt(info[2]));
  return info.Env().Undefined();
}

Napi::Value FeedDemuxer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  try {
    CodecOf<DemuxWorker>(info[0]).Feed(ReadInt(info[1]), CopyBytes(env, info[2]), ReadBool(info[3]) ? AVERROR(EIO) : 0);
  } catch (const std::bad_alloc&) {
    Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
  }
  return env.Undefined();
}

}  // namespace

void RegisterContainerBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("createDemuxer", Napi::Function::New<CreateCodec<DemuxWorker>>(env));
  exports.Set("openDemuxer", Napi::Function::New<OpenDemuxer>(env));
  exports.Set("startDemuxer", Napi::Function::New<StartDemuxer>(env));
  exports.Set("readDemuxer", Napi::Function::New<ReadDemuxer>(env));
  exports.Set("feedDemuxer", Napi::Function::New<FeedDemuxer>(env));
}

}  // namespace webcodecs
