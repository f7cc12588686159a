#include "container/container_bindings.h"

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "codec/codec_handle.h"
#include "container/demux_worker.h"
#include "container/js_byte_source.h"
#include "container/mux_worker.h"
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

Napi::Value OpenMuxer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const ObjectReader config(info[1]);
  MediaOutputOptions options;
  options.url = config.String("url");
  options.format = config.String("format");
  options.dictionary = ReadPairs(env, config.Get("dictionary"));
  options.tags = ReadPairs(env, config.Get("tags"));
  auto& worker = CodecOf<MuxWorker>(info[0]);
  std::shared_ptr<JsByteSink> sink;
  const std::string kind = config.String("sink");
  if (kind != "none") {
    // The sink ends with the worker, which it is a member of.
    sink = std::make_shared<JsByteSink>(kind == "seekable",
                                        [&worker](BytesWrittenEvent event) { worker.Give(std::move(event)); });
  }
  worker.Open(std::move(options), std::move(sink));
  return env.Undefined();
}

OutputTrack ReadOutputTrack(const Napi::Value& value) {
  Napi::Env env = value.Env();
  const ObjectReader object(value);
  OutputTrack track;
  track.is_video = object.Bool("isVideo");
  track.codec = object.String("codec");
  const std::string tag = object.String("codecTag");
  if (tag.size() == 4) track.codec_tag = MKTAG(tag[0], tag[1], tag[2], tag[3]);
  track.extradata = CopyBytes(env, object.Get("extradata"));
  track.bitrate = object.Int64("bitrate");
  track.disposition = object.Int("disposition");
  track.tags = ReadPairs(env, object.Get("tags"));
  track.width = object.Int("width");
  track.height = object.Int("height");
  track.sar_numerator = object.Int("sarNumerator");
  track.sar_denominator = object.Int("sarDenominator");
  track.pixel_format = object.String("pixelFormat");
  const ObjectReader color(Napi::Value(env, object.Get("color")));
  track.color = {color.Int("primaries"), color.Int("transfer"), color.Int("matrix"), color.Int("fullRange")};
  track.rotation = object.Int("rotation");
  track.flip = object.Bool("flip");
  track.rate_numerator = object.Int("rateNumerator");
  track.rate_denominator = object.Int("rateDenominator");
  track.sample_rate = object.Int("sampleRate");
  track.channels = object.Int("channels");
  track.bits_per_sample = object.Int("bitsPerSample");
  return track;
}

Napi::Value StartMuxer(const Napi::CallbackInfo& info) {
  std::vector<OutputTrack> tracks;
  const uint32_t length = Length(info.Env(), info[1]);
  for (uint32_t i = 0; i < length; ++i) tracks.push_back(ReadOutputTrack(Element(info.Env(), info[1], i)));
  CodecOf<MuxWorker>(info[0]).Start(std::move(tracks));
  return info.Env().Undefined();
}

Napi::Value WriteMuxer(const Napi::CallbackInfo& info) {
  OutputPacket packet;
  packet.track = ReadInt(info[1]);
  packet.packet = NewPacket(info.Env(), ReadBytes(info.Env(), info[2]));
  if (!packet.packet) return info.Env().Undefined();
  if (ReadBool(info[3])) packet.packet->flags |= AV_PKT_FLAG_KEY;
  packet.timestamp = ReadInt64(info[4]);
  packet.duration = ReadOptionalInt64(info[5]);
  CodecOf<MuxWorker>(info[0]).Write(std::move(packet));
  return info.Env().Undefined();
}

Napi::Value FinishMuxer(const Napi::CallbackInfo& info) {
  CodecOf<MuxWorker>(info[0]).Finish();
  return info.Env().Undefined();
}

Napi::Value AbortMuxer(const Napi::CallbackInfo& info) {
  CodecOf<MuxWorker>(info[0]).Abort();
  return info.Env().Undefined();
}

Napi::Value AcknowledgeMuxer(const Napi::CallbackInfo& info) {
  CodecOf<MuxWorker>(info[0]).Acknowledge(ReadInt64(info[1]), ReadBool(info[2]));
  return info.Env().Undefined();
}

// Whether a muxer can hold a codec, as far as it tells.
Napi::Value QueryMuxer(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0]);
  const AVCodecDescriptor* codec = avcodec_descriptor_get_by_name(ReadString(info[1]).c_str());
  const AVOutputFormat* format =
      LoadFormatLibrary().ok() ? Formats().av_guess_format(name.c_str(), nullptr, nullptr) : nullptr;
  const bool holds = format && codec && Formats().avformat_query_codec(format, codec->id, FF_COMPLIANCE_NORMAL) != 0;
  return Napi::Boolean::New(info.Env(), holds);
}

}  // namespace

void RegisterContainerBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("createDemuxer", Napi::Function::New<CreateCodec<DemuxWorker>>(env));
  exports.Set("openDemuxer", Napi::Function::New<OpenDemuxer>(env));
  exports.Set("startDemuxer", Napi::Function::New<StartDemuxer>(env));
  exports.Set("readDemuxer", Napi::Function::New<ReadDemuxer>(env));
  exports.Set("feedDemuxer", Napi::Function::New<FeedDemuxer>(env));
  exports.Set("createMuxer", Napi::Function::New<CreateCodec<MuxWorker>>(env));
  exports.Set("openMuxer", Napi::Function::New<OpenMuxer>(env));
  exports.Set("startMuxer", Napi::Function::New<StartMuxer>(env));
  exports.Set("writeMuxer", Napi::Function::New<WriteMuxer>(env));
  exports.Set("finishMuxer", Napi::Function::New<FinishMuxer>(env));
  exports.Set("abortMuxer", Napi::Function::New<AbortMuxer>(env));
  exports.Set("acknowledgeMuxer", Napi::Function::New<AcknowledgeMuxer>(env));
  exports.Set("queryMuxer", Napi::Function::New<QueryMuxer>(env));
}

}  // namespace webcodecs
