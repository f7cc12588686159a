#include "codec/event_queue.h"

#include <cstring>
#include <utility>

#include "audio/audio_data_bindings.h"
#include "env_state.h"
#include "frame_bindings.h"
#include "media/staging.h"

namespace webcodecs {

namespace {

// Keep in step with EventKind in lib/native/events.ts.
enum class EventKind : int {
  kConfigured = 0,
  kDone = 1,
  kFlushed = 2,
  kError = 3,
  kOutputConfig = 4,
  kChunk = 5,
  kFrame = 6,
  kJob = 7,
  kReturned = 8,
  kImageTracks = 9,
  kImageFrame = 10,
  kImageError = 11,
  kAudioData = 12,
  kCapture = 13,
  kInputOpened = 20,
  kPacket = 21,
  kInputStarted = 22,
  kInputEnded = 23,
  kBytesWanted = 24,
  kOutputOpened = 25,
  kOutputFinished = 26,
  kBytesWritten = 27,
};

constexpr size_t kPictureFields = 16;
constexpr size_t kAudioFields = 6;

// Fills a JavaScript array from left to right.
class ArrayWriter {
 public:
  ArrayWriter(Napi::Env env, size_t length) : env_(env), array_(Napi::Array::New(env, length)) {}

  void Add(const Napi::Value& value) { napi_set_element(env_, array_, next_++, value); }
  void Add(int value) { Add(Napi::Value(Napi::Number::New(env_, value))); }
  void Add(int64_t value) { Add(Napi::Value(Napi::Number::New(env_, static_cast<double>(value)))); }
  void Add(const std::optional<int64_t>& value) {
    if (value)
      Add(*value);
    else
      Add(Napi::Value(env_.Null()));
  }
  void Add(const std::string& value) { Add(Napi::Value(Napi::String::New(env_, value))); }
  void Add(double value) { Add(Napi::Value(Napi::Number::New(env_, value))); }
  // As the events "frame" and "audioData" have them.
  void Add(CapturedPicture item) {
    const PixelFormat format = item.picture->format();
    const int width = item.picture->width(), height = item.picture->height();
    Add(WrapPicture(env_, std::move(item.picture)));
    Add(static_cast<int>(format));
    Add(width);
    Add(height);
    Add(item.visible);
    Add(item.timestamp);
    Add(item.duration);
    Add(item.color);
    Add(item.sar_numerator);
    Add(item.sar_denominator);
  }
  void Add(CapturedAudio item) {
    const int format = item.buffer->format().index();
    const int64_t frames = static_cast<int64_t>(item.buffer->frames());
    const int channels = item.buffer->channels();
    Add(WrapAudioBuffer(env_, std::move(item.buffer)));
    Add(format);
    Add(item.sample_rate);
    Add(frames);
    Add(channels);
    Add(item.timestamp);
  }
  void Add(const Rect& rect) {
    Add(rect.x);
    Add(rect.y);
    Add(rect.width);
    Add(rect.height);
  }
  void AddBool(bool value) { Add(Napi::Value(Napi::Boolean::New(env_, value))); }
  void Add(const ColorSpace& color) {
    Add(color.primaries);
    Add(color.transfer);
    Add(color.matrix);
    Add(color.full_range);
  }
  Napi::Value array() const { return array_; }

 private:
  Napi::Env env_;
  Napi::Array array_;
  uint32_t next_ = 0;
};

Napi::Value NewArrayBuffer(Napi::Env env, const uint8_t* data, size_t size) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
  if (buffer.IsEmpty()) return env.Null();
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return buffer;
}

struct Writer {
  Napi::Env env;
  const Event& event;

  ArrayWriter Begin(EventKind kind, size_t extra) {
    ArrayWriter out(env, 3 + extra);
    out.Add(static_cast<int>(kind));
    out.Add(event.codec_id);
    out.Add(event.generation);
    return out;
  }

  Napi::Value operator()(ConfiguredEvent&) { return Begin(EventKind::kConfigured, 0).array(); }
  Napi::Value operator()(DoneEvent& e) {
    ArrayWriter out = Begin(EventKind::kDone, 1);
    out.Add(e.count);
    return out.array();
  }
  Napi::Value operator()(FlushedEvent& e) {
    ArrayWriter out = Begin(EventKind::kFlushed, 1);
    out.Add(e.flush_id);
    return out.array();
  }
  Napi::Value operator()(ErrorEvent& e) {
    ArrayWriter out = Begin(EventKind::kError, 2);
    out.Add(static_cast<int>(e.status.code()));
    out.Add(e.status.message());
    return out.array();
  }
  Napi::Value operator()(OutputConfigEvent& e) {
    ArrayWriter out = Begin(EventKind::kOutputConfig, 5);
    if (e.description.empty())
      out.Add(Napi::Value(env.Null()));
    else
      out.Add(NewArrayBuffer(env, e.description.data(), e.description.size()));
    out.Add(e.color);
    return out.array();
  }
  Napi::Value operator()(ChunkEvent& e) {
    ArrayWriter out = Begin(EventKind::kChunk, 6);
    out.Add(NewArrayBuffer(env, e.data->data(), e.data->size()));
    out.AddBool(e.key);
    out.Add(e.timestamp);
    out.Add(e.duration);
    out.Add(e.temporal_layer);
    out.Add(e.alpha ? NewArrayBuffer(env, e.alpha->data(), e.alpha->size()) : Napi::Value(env.Null()));
    return out.array();
  }
  Napi::Value operator()(FrameEvent& e) {
    ArrayWriter out = Begin(EventKind::kFrame, kPictureFields);
    if (e.gate) e.gate->Deliver();
    out.Add(CapturedPicture{std::move(e.picture), e.visible, e.timestamp, e.duration, e.color, e.sar_numerator,
                            e.sar_denominator});
    return out.array();
  }
  Napi::Value operator()(ImageTracksEvent& e) {
    ArrayWriter tracks(env, 3 * e.tracks.size());
    for (const ImageTrackInfo& track : e.tracks) {
      tracks.Add(track.animated ? 1 : 0);
      tracks.Add(track.frame_count);
      tracks.Add(track.repetition_count);
    }
    ArrayWriter out = Begin(EventKind::kImageTracks, 5);
    out.Add(static_cast<int>(e.status.code()));
    out.Add(e.status.message());
    out.AddBool(e.complete);
    out.Add(tracks.array());
    out.Add(e.primary_track);
    return out.array();
  }
  Napi::Value operator()(ImageFrameEvent& e) {
    ArrayWriter out = Begin(EventKind::kImageFrame, 18);
    const int width = e.picture->width(), height = e.picture->height();
    out.Add(e.request_id);
    out.Add(WrapPicture(env, std::move(e.picture)));
    out.Add(static_cast<int>(e.format));
    out.Add(width);
    out.Add(height);
    out.Add(e.visible);
    out.Add(e.timestamp);
    out.Add(e.duration);
    out.Add(e.color);
    out.Add(e.orientation);
    out.AddBool(e.complete);
    out.Add(e.generation);
    return out.array();
  }
  Napi::Value operator()(ImageErrorEvent& e) {
    ArrayWriter out = Begin(EventKind::kImageError, 3);
    out.Add(e.request_id);
    out.Add(static_cast<int>(e.status.code()));
    out.Add(e.status.message());
    return out.array();
  }
  Napi::Value operator()(AudioDataEvent& e) {
    ArrayWriter out = Begin(EventKind::kAudioData, kAudioFields);
    if (e.gate) e.gate->Deliver();
    out.Add(CapturedAudio{std::move(e.buffer), e.sample_rate, e.timestamp});
    return out.array();
  }
  Napi::Value operator()(CaptureEvent& e) {
    ArrayWriter items(env, e.batch.items.size());
    for (auto& item : e.batch.items) {
      ArrayWriter fields(env, std::holds_alternative<CapturedAudio>(item) ? kAudioFields : kPictureFields);
      std::visit([&](auto& value) { fields.Add(std::move(value)); }, item);
      items.Add(fields.array());
    }
    ArrayWriter out = Begin(EventKind::kCapture, 7);
    out.Add(e.request_id);
    out.Add(static_cast<int>(e.status.code()));
    out.Add(e.status.message());
    out.AddBool(e.batch.ended);
    out.Add(e.batch.lost_samples);
    out.Add(e.batch.lost_pictures);
    out.Add(items.array());
    return out.array();
  }
  Napi::Value operator()(InputOpenedEvent& e) { return Container(EventKind::kInputOpened, e); }
  Napi::Value operator()(PacketEvent& e) { return Container(EventKind::kPacket, e); }
  Napi::Value operator()(InputStartedEvent& e) { return Container(EventKind::kInputStarted, e); }
  Napi::Value operator()(InputEndedEvent& e) { return Container(EventKind::kInputEnded, e); }
  Napi::Value operator()(BytesWantedEvent& e) { return Container(EventKind::kBytesWanted, e); }
  Napi::Value operator()(OutputOpenedEvent& e) { return Container(EventKind::kOutputOpened, e); }
  Napi::Value operator()(OutputFinishedEvent& e) { return Container(EventKind::kOutputFinished, e); }
  Napi::Value operator()(BytesWrittenEvent& e) { return Container(EventKind::kBytesWritten, e); }
  template <typename Payload>
  Napi::Value Container(EventKind kind, Payload& payload) {
    return ContainerEventToJs(env, Begin(kind, 0).array().template As<Napi::Array>(), payload);
  }
  Napi::Value operator()(JobEvent& e) {
    ArrayWriter out(env, 5);
    out.Add(static_cast<int>(EventKind::kJob));
    out.Add(e.job_id);
    out.Add(static_cast<int>(e.status.code()));
    out.Add(e.status.message());
    if (e.result)
      out.Add(WrapStaging(env, std::move(e.result)));
    else
      out.Add(Napi::Value(env.Null()));
    return out.array();
  }
  Napi::Value operator()(ReturnedEvent& e) {
    napi_value buffer = nullptr;
    napi_get_reference_value(env, e.reference, &buffer);
    EnvState::Get(env)->DeleteReference(e.reference);
    ArrayWriter out(env, 3);
    out.Add(static_cast<int>(EventKind::kReturned));
    out.Add(e.return_id);
    out.Add(Napi::Value(env, buffer));
    return out.array();
  }
};

}  // namespace

void EventQueue::Push(Event event) {
  if (!events_.empty()) {
    Event& last = events_.back();
    auto* done = std::get_if<DoneEvent>(&event.payload);
    auto* last_done = std::get_if<DoneEvent>(&last.payload);
    if (done && last_done && last.codec_id == event.codec_id && last.generation == event.generation) {
      last_done->count += done->count;
      return;
    }
  }
  events_.push_back(std::move(event));
}

void EventQueue::TakeAll(std::vector<Event>* events) { events_.swap(*events); }

Napi::Value EventToJs(Napi::Env env, Event& event) { return std::visit(Writer{env, event}, event.payload); }

}  // namespace webcodecs
