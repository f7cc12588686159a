// What the addon exports; lib/native.ts describes it.
#include <napi.h>

#include <string>
#include <utility>

#include "codec/async_decode_worker.h"
#include "codec/async_encode_worker.h"
#include "env_state.h"
#include "frame_bindings.h"
#include "libyuv/version.h"
#include "media/frame_pool.h"
#include "plan/video_decoder_plan.h"
#include "plan/video_encoder_plan.h"
#include "util/counters.h"
#include "util/job_pool.h"
#include "util/log.h"

namespace webcodecs {

namespace {

// --- Reading plain objects ----------------------------------------------------------------------------------------

int GetInt(const Napi::Object& object, const char* key) { return object.Get(key).ToNumber().Int32Value(); }
int64_t GetInt64(const Napi::Object& object, const char* key) { return object.Get(key).ToNumber().Int64Value(); }
double GetDouble(const Napi::Object& object, const char* key) { return object.Get(key).ToNumber().DoubleValue(); }
std::string GetString(const Napi::Object& object, const char* key) { return object.Get(key).ToString().Utf8Value(); }

int Int(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }
std::optional<int64_t> OptionalInt64(const Napi::Value& value) {
  if (!value.IsNumber()) return std::nullopt;
  return value.As<Napi::Number>().Int64Value();
}

VideoEncoderConfig ReadVideoEncoderConfig(const Napi::Value& value) {
  const Napi::Object object = value.As<Napi::Object>();
  VideoEncoderConfig config;
  config.codec = GetString(object, "codec");
  config.profile = GetInt(object, "profile");
  config.constraints = GetInt(object, "constraints");
  config.level = GetInt(object, "level");
  config.width = GetInt(object, "width");
  config.height = GetInt(object, "height");
  config.display_width = GetInt(object, "displayWidth");
  config.display_height = GetInt(object, "displayHeight");
  config.bitrate = GetInt64(object, "bitrate");
  config.bitrate_mode = static_cast<VideoEncoderConfig::BitrateMode>(GetInt(object, "bitrateMode"));
  config.framerate = GetDouble(object, "framerate");
  config.realtime = GetInt(object, "latencyMode") == 1;
  config.annexb = GetInt(object, "bitstreamFormat") == 1;
  config.max_reference_frames = GetInt(object, "maxReferenceFrames");
  config.max_bitrate = GetInt64(object, "maxBitrate");
  config.max_cpb_size = GetInt64(object, "maxCpbSize");
  config.content_hint = GetString(object, "contentHint");
  config.bit_depth = GetInt(object, "bitDepth");
  config.chroma = GetInt(object, "chroma");
  config.temporal_layers = GetInt(object, "temporalLayers");
  config.alpha = object.Get("alpha").ToBoolean();
  config.hardware_required = GetInt(object, "hardware") == 1;
  config.encoder = GetString(object, "encoder");
  return config;
}

VideoDecoderConfig ReadVideoDecoderConfig(const Napi::Value& value) {
  const Napi::Object object = value.As<Napi::Object>();
  VideoDecoderConfig config;
  config.codec = GetString(object, "codec");
  const Napi::Value description = object.Get("description");
  if (description.IsTypedArray()) {
    const auto bytes = description.As<Napi::Uint8Array>();
    config.description.assign(bytes.Data(), bytes.Data() + bytes.ByteLength());
  }
  config.coded_width = GetInt(object, "codedWidth");
  config.coded_height = GetInt(object, "codedHeight");
  config.optimize_for_latency = object.Get("optimizeForLatency").ToBoolean();
  config.hardware_required = GetInt(object, "hardware") == 1;
  return config;
}

// --- Codecs -------------------------------------------------------------------------------------------------------

// What JavaScript holds: a share of the worker. Its finalizer closes the codec but never waits for it.
template <typename Worker>
using Handle = Napi::External<std::shared_ptr<Worker>>;

template <typename Worker>
Napi::Value CreateCodec(const Napi::CallbackInfo& info) {
  auto worker = std::make_shared<Worker>(EnvState::Get(info.Env()), Int(info[0]));
  // Held as the base class, so that flush, reset and close need not know the direction.
  auto share = std::make_unique<std::shared_ptr<AsyncWorker>>(std::move(worker));
  Napi::Value handle = Handle<AsyncWorker>::New(info.Env(), share.get(), [](Napi::Env, std::shared_ptr<AsyncWorker>* held) {
    (*held)->Close();
    delete held;
  });
  // A worker that is being terminated makes no objects.
  if (!handle.IsEmpty()) share.release();
  return handle;
}

AsyncWorker& Worker(const Napi::Value& handle) { return **handle.As<Handle<AsyncWorker>>().Data(); }
AsyncEncodeWorker& Encoder(const Napi::Value& handle) { return static_cast<AsyncEncodeWorker&>(Worker(handle)); }
AsyncDecodeWorker& Decoder(const Napi::Value& handle) { return static_cast<AsyncDecodeWorker&>(Worker(handle)); }

Napi::Value ConfigureVideoEncoder(const Napi::CallbackInfo& info) {
  Encoder(info[0]).Configure(ReadVideoEncoderConfig(info[1]));
  return info.Env().Undefined();
}

Napi::Value ConfigureVideoDecoder(const Napi::CallbackInfo& info) {
  Decoder(info[0]).Configure(ReadVideoDecoderConfig(info[1]));
  return info.Env().Undefined();
}

Napi::Value EncodeVideo(const Napi::CallbackInfo& info) {
  EncodeInput input{};
  input.picture = UnwrapPicture(info[1]);
  if (!input.picture) {
    Napi::TypeError::New(info.Env(), "the picture is closed").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  input.format = static_cast<PixelFormat>(Int(info[2]));
  input.visible = {Int(info[3]), Int(info[4]), Int(info[5]), Int(info[6])};
  input.color = {Int(info[7]), Int(info[8]), Int(info[9]), Int(info[10])};
  input.timestamp = info[11].As<Napi::Number>().Int64Value();
  input.duration = OptionalInt64(info[12]);
  input.options.key_frame = info[13].ToBoolean();
  input.options.quantizer = Int(info[14]);
  Encoder(info[0]).Encode(std::move(input));
  return info.Env().Undefined();
}

Napi::Value DecodeVideo(const Napi::CallbackInfo& info) {
  const auto bytes = info[1].As<Napi::Uint8Array>();
  DecodeInput input{};
  input.packet.reset(av_packet_alloc());
  if (!input.packet || av_new_packet(input.packet.get(), static_cast<int>(bytes.ByteLength())) < 0) {
    Napi::Error::New(info.Env(), "out of memory").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  if (bytes.ByteLength() > 0) std::memcpy(input.packet->data, bytes.Data(), bytes.ByteLength());
  if (info[2].ToBoolean()) input.packet->flags |= AV_PKT_FLAG_KEY;
  input.timestamp = info[3].As<Napi::Number>().Int64Value();
  input.duration = OptionalInt64(info[4]);
  Decoder(info[0]).Decode(std::move(input));
  return info.Env().Undefined();
}

Napi::Value CodecFlush(const Napi::CallbackInfo& info) {
  Worker(info[0]).Flush(Int(info[1]));
  return info.Env().Undefined();
}

Napi::Value CodecReset(const Napi::CallbackInfo& info) {
  Worker(info[0]).Reset();
  return info.Env().Undefined();
}

Napi::Value CodecClose(const Napi::CallbackInfo& info) {
  Worker(info[0]).Close();
  return info.Env().Undefined();
}

// --- Probes -------------------------------------------------------------------------------------------------------

template <typename Probe>
Napi::Value RunProbe(const Napi::CallbackInfo& info, Probe probe) {
  std::shared_ptr<EnvState> state = EnvState::Get(info.Env());
  const int32_t job = state->BeginJob();
  JobPool::Global().Post([state, job, probe = std::move(probe)] { state->PostJobEvent(job, probe(), nullptr); });
  return Napi::Number::New(info.Env(), job);
}

Napi::Value ProbeVideoEncoderJob(const Napi::CallbackInfo& info) {
  return RunProbe(info, [config = ReadVideoEncoderConfig(info[0])] {
    VideoEncoderPlan plan;
    return ResolveVideoEncoder(config, &plan);
  });
}

Napi::Value ProbeVideoDecoderJob(const Napi::CallbackInfo& info) {
  return RunProbe(info, [config = ReadVideoDecoderConfig(info[0])] {
    AVCodecContextPtr context;
    return OpenVideoDecoder(config, &context);
  });
}

// --- About the process --------------------------------------------------------------------------------------------

std::string VersionText(unsigned version) {
  return std::to_string(AV_VERSION_MAJOR(version)) + "." + std::to_string(AV_VERSION_MINOR(version)) + "." +
         std::to_string(AV_VERSION_MICRO(version));
}

Napi::Value Versions(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object out = Napi::Object::New(env);
  out.Set("avcodec", VersionText(avcodec_version()));
  out.Set("avutil", VersionText(avutil_version()));
  out.Set("swscale", VersionText(swscale_version()));
  out.Set("libyuv", std::to_string(LIBYUV_VERSION));
  out.Set("configuration", std::string(avcodec_configuration()));
  out.Set("license", std::string(avcodec_license()));
#if WEBCODECS_DEBUG
  out.Set("debug", true);
#else
  out.Set("debug", false);
#endif
  return out;
}

Napi::Value ReadCounters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Counters& counters = GlobalCounters();
  Napi::Object out = Napi::Object::New(env);
  auto set = [&](Napi::Object& object, const char* key, int64_t value) {
    object.Set(key, Napi::Number::New(env, static_cast<double>(value)));
  };
  set(out, "frames", counters.frames);
  set(out, "pictures", counters.pictures);
  set(out, "packets", counters.packets);
  set(out, "buffers", counters.buffers);
  set(out, "bytes", counters.bytes);
  set(out, "codecs", counters.codecs);
  set(out, "evictedFrameInfo", counters.evicted_frame_info);
  set(out, "wakes", counters.wakes);
  set(out, "events", counters.events);
#if WEBCODECS_DEBUG
  set(out, "frameInfoEntries", counters.frame_info_entries);
  set(out, "callbackData", counters.callback_data);
  set(out, "encodeTasks", counters.encode_tasks);
#endif
  const PoolStatistics statistics = FramePool::Global().statistics();
  Napi::Object pool = Napi::Object::New(env);
  set(pool, "hits", statistics.hits);
  set(pool, "misses", statistics.misses);
  set(pool, "inUse", statistics.in_use);
  set(pool, "inUseBytes", statistics.in_use_bytes);
  set(pool, "idle", statistics.idle);
  set(pool, "idleBytes", statistics.idle_bytes);
  set(pool, "highWaterBytes", statistics.high_water_bytes);
  set(pool, "evictions", statistics.evictions);
  out.Set("pool", pool);
  return out;
}

Napi::Value Start(const Napi::CallbackInfo& info) { return EnvState::Get(info.Env())->Start(info); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  StartLog();
  EnvState::Install(env);
  RegisterFrameBindings(env, exports);
  exports.Set("start", Napi::Function::New<Start>(env));
  exports.Set("versions", Napi::Function::New<Versions>(env));
  exports.Set("counters", Napi::Function::New<ReadCounters>(env));
  exports.Set("probeVideoEncoder", Napi::Function::New<ProbeVideoEncoderJob>(env));
  exports.Set("probeVideoDecoder", Napi::Function::New<ProbeVideoDecoderJob>(env));
  exports.Set("createVideoEncoder", Napi::Function::New<CreateCodec<AsyncEncodeWorker>>(env));
  exports.Set("createVideoDecoder", Napi::Function::New<CreateCodec<AsyncDecodeWorker>>(env));
  exports.Set("configureVideoEncoder", Napi::Function::New<ConfigureVideoEncoder>(env));
  exports.Set("configureVideoDecoder", Napi::Function::New<ConfigureVideoDecoder>(env));
  exports.Set("encodeVideo", Napi::Function::New<EncodeVideo>(env));
  exports.Set("decodeVideo", Napi::Function::New<DecodeVideo>(env));
  exports.Set("codecFlush", Napi::Function::New<CodecFlush>(env));
  exports.Set("codecReset", Napi::Function::New<CodecReset>(env));
  exports.Set("codecClose", Napi::Function::New<CodecClose>(env));
  return exports;
}

}  // namespace

}  // namespace webcodecs

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) { return webcodecs::Init(env, exports); }
NODE_API_MODULE(NODE_GYP_MODULE_NAME, InitAddon)
