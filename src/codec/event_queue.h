// What native code tells JavaScript, in order: outputs, ends of tasks, errors. Kept in step with NativeEvent in
// lib/native/events.ts.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "audio/audio_buffer.h"
#include "capture/capture_item.h"
#include "codec/output_gate.h"
#include "container/container_events.h"
#include "image/image_reader.h"
#include "media/convert.h"
#include "media/frame_pool.h"
#include "media/picture.h"
#include "util/counters.h"
#include "util/status.h"

namespace webcodecs {

struct Staging;

struct ConfiguredEvent {};
struct DoneEvent {
  int count;
};
struct FlushedEvent {
  int32_t flush_id;
};
struct ErrorEvent {
  Status status;
};
// Describes the chunks that follow.
struct OutputConfigEvent {
  std::vector<uint8_t> description;  // empty where the bitstream format has none
  ColorSpace color;
};
struct ChunkEvent {
  PoolBufferPtr data;
  bool key;
  int64_t timestamp;
  std::optional<int64_t> duration;
  int temporal_layer = 0;
  PoolBufferPtr alpha;  // null without alpha
  CountedBy counted{GlobalCounters().packets};
};
struct FrameEvent {
  PicturePtr picture;
  Rect visible;
  int64_t timestamp;
  std::optional<int64_t> duration;
  ColorSpace color;
  int sar_numerator, sar_denominator;
  std::shared_ptr<OutputGate> gate;  // told when JavaScript has the frame
};
// What an image's bytes tell of its tracks so far.
struct ImageTracksEvent {
  Status status;
  bool complete;  // all bytes are read
  std::vector<ImageTrackInfo> tracks;  // empty while they are not known
  int primary_track;
};
struct ImageFrameEvent {
  int32_t request_id = 0;
  PicturePtr picture;
  PixelFormat format = PixelFormat::kUnknown;  // may hide the picture's alpha
  Rect visible{};
  int64_t timestamp = 0;
  std::optional<int64_t> duration;
  ColorSpace color;
  int orientation = 1;
  bool complete = true;
  int generation = 0;
};
// A frame that could not be decoded; with the status "ok" because its bytes are not there.
struct ImageErrorEvent {
  int32_t request_id;
  Status status;
};
struct AudioDataEvent {
  AudioBufferPtr buffer;
  int sample_rate;
  int64_t timestamp;
  std::shared_ptr<OutputGate> gate;  // told when JavaScript has the data
};
// Answers a request of a CaptureReader.
struct CaptureEvent {
  int32_t request_id;
  Status status;
  CaptureBatch batch;
};
struct JobEvent {
  int32_t job_id;
  Status status;
  std::shared_ptr<Staging> result;
};

// An adopted ArrayBuffer that native code is done with goes back to JavaScript.
struct ReturnedEvent {
  int32_t return_id;
  napi_ref reference;
};

struct Event {
  int32_t codec_id;
  int32_t generation;
  std::variant<ConfiguredEvent, DoneEvent, FlushedEvent, ErrorEvent, OutputConfigEvent, ChunkEvent, FrameEvent,
               AudioDataEvent, ImageTracksEvent, ImageFrameEvent, ImageErrorEvent, CaptureEvent, JobEvent, ReturnedEvent,
               InputOpenedEvent, PacketEvent, InputStartedEvent, InputEndedEvent, BytesWantedEvent, OutputOpenedEvent,
               OutputFinishedEvent, BytesWrittenEvent>
      payload;
#if WEBCODECS_DEBUG
  CountedBy counted{GlobalCounters().callback_data};
#endif
};

// Not synchronised: EnvState guards it.
class EventQueue {
 public:
  // Ends of tasks that follow one another become one event.
  void Push(Event event);
  // Moves all events to `events`, which must be empty, and goes on with the memory that it had.
  void TakeAll(std::vector<Event>* events);

 private:
  std::vector<Event> events_;
};

// The array that lib/native/events.ts describes. JavaScript thread.
Napi::Value EventToJs(Napi::Env env, Event& event);

}  // namespace webcodecs
