#include "container/container_events.h"

#include <cstring>

#include "util/ffmpeg_formats.h"

namespace webcodecs {
namespace {

// The first of an event's array that is its own: kind, receiver and generation come before.
constexpr uint32_t kFirst = 3;
// In front of a BlockAdditional's data stands its BlockAddID; 1 is the alpha of VP8 and VP9.
constexpr size_t kBlockAddIdSize = 8;
constexpr uint64_t kAlphaBlock = 1;

Napi::Value Number(Napi::Env env, double value) { return Napi::Number::New(env, value); }
Napi::Value Number(Napi::Env env, std::optional<int64_t> value) {
  return value ? Number(env, static_cast<double>(*value)) : env.Null();
}

Napi::Value BytesToJs(Napi::Env env, const uint8_t* data, size_t size) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
  if (buffer.IsEmpty()) return env.Null();
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return buffer;
}

// In an environment that is being terminated calls fail, and nothing then may be used: napi_set_* take all of it.
void Set(Napi::Env env, Napi::Object& object, const char* key, const Napi::Value& value) {
  napi_set_named_property(env, object, key, value);
}
void Set(Napi::Env env, Napi::Object& object, const char* key, const std::string& value) {
  Set(env, object, key, Napi::Value(Napi::String::New(env, value)));
}
void Set(Napi::Env env, Napi::Object& object, const char* key, double value) { Set(env, object, key, Number(env, value)); }

// Pairs, flat: an object would lose a key that comes twice, and their order.
Napi::Value TagsToJs(Napi::Env env, const Tags& tags) {
  Napi::Array out = Napi::Array::New(env, 2 * tags.size());
  uint32_t next = 0;
  for (const auto& [key, value] : tags) {
    napi_set_element(env, out, next++, Napi::String::New(env, key));
    napi_set_element(env, out, next++, Napi::String::New(env, value));
  }
  return out;
}

Napi::Value TrackToJs(Napi::Env env, const TrackInfo& track) {
  Napi::Object out = Napi::Object::New(env);
  Set(env, out, "id", track.id);
  Set(env, out, "containerId", track.container_id);
  Set(env, out, "type", track.type);
  Set(env, out, "codec", track.codec);
  Set(env, out, "tag", track.tag);
  Set(env, out, "extradata",
      track.extradata.empty() ? env.Null() : BytesToJs(env, track.extradata.data(), track.extradata.size()));
  Set(env, out, "profile", track.profile);
  Set(env, out, "level", track.level);
  Set(env, out, "bitrate", static_cast<double>(track.bitrate));
  Set(env, out, "start", Number(env, track.start));
  Set(env, out, "duration", Number(env, track.duration));
  Set(env, out, "timeBaseNumerator", track.time_base_numerator);
  Set(env, out, "timeBaseDenominator", track.time_base_denominator);
  Set(env, out, "disposition", track.disposition);
  Set(env, out, "tags", TagsToJs(env, track.tags));
  Set(env, out, "width", track.width);
  Set(env, out, "height", track.height);
  Set(env, out, "sarNumerator", track.sar_numerator);
  Set(env, out, "sarDenominator", track.sar_denominator);
  Set(env, out, "bitDepth", track.bit_depth);
  Set(env, out, "chromaWidthShift", track.chroma_width_shift);
  Set(env, out, "chromaHeightShift", track.chroma_height_shift);
  Set(env, out, "components", track.components);
  Set(env, out, "primaries", track.color.primaries);
  Set(env, out, "transfer", track.color.transfer);
  Set(env, out, "matrix", track.color.matrix);
  Set(env, out, "fullRange", track.color.full_range);
  Set(env, out, "framerate", track.framerate);
  if (track.has_matrix) {
    Napi::Array matrix = Napi::Array::New(env, 4);
    for (uint32_t i = 0; i < 4; ++i) napi_set_element(env, matrix, i, Number(env, track.matrix[i] / 65536.0));
    Set(env, out, "displayMatrix", Napi::Value(matrix));
  } else {
    Set(env, out, "displayMatrix", env.Null());
  }
  Set(env, out, "sampleRate", track.sample_rate);
  Set(env, out, "channels", track.channels);
  return out;
}

Napi::Value NewExtradata(Napi::Env env, const AVPacket* packet) {
  size_t size = 0;
  const uint8_t* data = av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  return data && size > 0 ? BytesToJs(env, data, size) : env.Null();
}

Napi::Value Alpha(Napi::Env env, const AVPacket* packet) {
  size_t size = 0;
  const uint8_t* data = av_packet_get_side_data(packet, AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL, &size);
  if (!data || size <= kBlockAddIdSize) return env.Null();
  uint64_t id = 0;
  for (size_t i = 0; i < kBlockAddIdSize; ++i) id = id << 8 | data[i];
  return id == kAlphaBlock ? BytesToJs(env, data + kBlockAddIdSize, size - kBlockAddIdSize) : env.Null();
}

}  // namespace

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, InputOpenedEvent& event) {
  Napi::Object info = Napi::Object::New(env);
  Set(env, info, "format", event.format);
  Set(env, info, "longName", event.long_name);
  Set(env, info, "start", Number(env, event.start));
  Set(env, info, "duration", Number(env, event.duration));
  Set(env, info, "bitrate", static_cast<double>(event.bitrate));
  Set(env, info, "seekable", Napi::Value(Napi::Boolean::New(env, event.seekable)));
  Set(env, info, "tags", TagsToJs(env, event.tags));
  Napi::Array tracks = Napi::Array::New(env, event.tracks.size());
  for (uint32_t i = 0; i < event.tracks.size(); ++i) napi_set_element(env, tracks, i, TrackToJs(env, event.tracks[i]));
  Set(env, info, "tracks", Napi::Value(tracks));
  napi_set_element(env, array, kFirst, info);
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, PacketEvent& event) {
  const AVPacket* packet = event.packet.get();
  uint32_t next = kFirst;
  napi_set_element(env, array, next++, Number(env, event.epoch));
  napi_set_element(env, array, next++, Number(env, event.track));
  napi_set_element(env, array, next++, BytesToJs(env, packet->data, static_cast<size_t>(packet->size)));
  napi_set_element(env, array, next++, Napi::Boolean::New(env, (packet->flags & AV_PKT_FLAG_KEY) != 0));
  napi_set_element(env, array, next++, Number(env, static_cast<double>(event.timestamp)));
  napi_set_element(env, array, next++, Number(env, event.duration));
  napi_set_element(env, array, next++, Alpha(env, packet));
  napi_set_element(env, array, next++, NewExtradata(env, packet));
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, InputStartedEvent& event) {
  uint32_t next = kFirst;
  napi_set_element(env, array, next++, Number(env, event.epoch));
  napi_set_element(env, array, next++, Number(env, static_cast<int>(event.status.code())));
  napi_set_element(env, array, next++, Napi::String::New(env, event.status.message()));
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, InputEndedEvent& event) {
  napi_set_element(env, array, kFirst, Number(env, event.epoch));
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, BytesWantedEvent& event) {
  uint32_t next = kFirst;
  napi_set_element(env, array, next++, Number(env, event.request_id));
  napi_set_element(env, array, next++, Number(env, static_cast<double>(event.position)));
  napi_set_element(env, array, next++, Number(env, event.size));
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, OutputOpenedEvent& event) {
  uint32_t next = kFirst;
  napi_set_element(env, array, next++, Napi::String::New(env, event.format));
  napi_set_element(env, array, next++, Napi::String::New(env, event.long_name));
  napi_set_element(env, array, next++, Napi::Boolean::New(env, event.is_many_files));
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, OutputFinishedEvent& event) {
  uint32_t next = kFirst;
  napi_set_element(env, array, next++, Number(env, static_cast<double>(event.size)));
  napi_set_element(env, array, next++, Number(env, static_cast<double>(event.duration)));
  return array;
}

Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, BytesWrittenEvent& event) {
  uint32_t next = kFirst;
  napi_set_element(env, array, next++, Number(env, static_cast<double>(event.position)));
  napi_set_element(env, array, next++, BytesToJs(env, event.bytes.data(), event.bytes.size()));
  return array;
}

}  // namespace webcodecs
