// What demuxers and muxers tell JavaScript. Kept in step with ContainerEvent in lib/native/container.ts.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "media/color.h"
#include "util/counters.h"
#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

using Tags = std::vector<std::pair<std::string, std::string>>;

// A stream, as its header and the packets that were read to probe it tell it.
struct TrackInfo {
  int id = 0;          // the stream's index
  int container_id = 0;  // what the container calls it: a track number, a PID
  int type = -1;       // AVMediaType
  std::string codec;   // libavcodec's name
  std::string tag;     // the container's four characters for the codec
  std::vector<uint8_t> extradata;
  int profile = 0, level = 0;
  int64_t bitrate = 0;
  // Microseconds; nothing where the container does not tell.
  std::optional<int64_t> start, duration;
  int time_base_numerator = 0, time_base_denominator = 1;
  int disposition = 0;  // AV_DISPOSITION_*
  Tags tags;
  // Video.
  int width = 0, height = 0;
  int sar_numerator = 0, sar_denominator = 1;
  int bit_depth = 0, chroma_width_shift = 0, chroma_height_shift = 0, components = 0;
  ColorSpace color;
  double framerate = 0;
  bool has_matrix = false;
  int matrix[4] = {};  // a, b, c and d of the display matrix, in 1/65536
  // Sound.
  int sample_rate = 0, channels = 0;
};

struct InputOpenedEvent {
  std::string format, long_name;
  std::optional<int64_t> start, duration;
  int64_t bitrate = 0;
  bool seekable = false;
  Tags tags;
  std::vector<TrackInfo> tracks;
};

// A packet. `epoch` counts the starts: packets of an earlier one are stale.
struct PacketEvent {
  int32_t epoch = 0;
  int32_t track = 0;
  AVPacketPtr packet;
  int64_t timestamp = 0;
  std::optional<int64_t> duration;
  CountedBy counted{GlobalCounters().packets};
};

// The position was set; a status that is not ok tells why not.
struct InputStartedEvent {
  int32_t epoch = 0;
  Status status;
};

struct InputEndedEvent {
  int32_t epoch = 0;
};

// Bytes of the source are wanted: `size` from `position` on, or the next ones when it is -1.
struct BytesWantedEvent {
  int32_t request_id = 0;
  int64_t position = -1;
  int32_t size = 0;
};

struct OutputOpenedEvent {
  std::string format, long_name;
  bool is_many_files = false;
};

// All is written. The size is that of a sink.
struct OutputFinishedEvent {
  int64_t size = 0;
  int64_t duration = 0;
};

// Bytes for the sink, to be acknowledged.
struct BytesWrittenEvent {
  int64_t position = 0;
  std::vector<uint8_t> bytes;
};

// An array of `kind`, the receiver and the generation, and then what the event tells.
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, InputOpenedEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, PacketEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, InputStartedEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, InputEndedEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, BytesWantedEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, OutputOpenedEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, OutputFinishedEvent& event);
Napi::Value ContainerEventToJs(Napi::Env env, Napi::Array array, BytesWrittenEvent& event);

}  // namespace webcodecs
