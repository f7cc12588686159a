// What the addon exports; lib/native.ts describes it.
#include <napi.h>

#include <string>
#include <utility>

#include "audio/audio_codec_bindings.h"
#include "audio/audio_data_bindings.h"
#include "borrow_bindings.h"
#include "capture_bindings.h"
#include "codec/async_decode_worker.h"
#include "codec/async_encode_worker.h"
#include "codec/codec_handle.h"
#include "diagnostics_bindings.h"
#include "container/container_bindings.h"
#include "env_state.h"
#include "frame_bindings.h"
#include "image_bindings.h"
#include "libyuv/version.h"
#include "media/frame_pool.h"
#include "plan/video_decoder_plan.h"
#include "plan/video_encoder_plan.h"
#include "transfer_bindings.h"
#include "util/allocator.h"
#include "util/counters.h"
#include "util/log.h"
#include "util/napi_util.h"

namespace webcodecs {

namespace {

// --- Configurations ------------------------------------------------------------------------------------------------

VideoEncoderConfig ReadVideoEncoderConfig(const Napi::Value& value) {
  const ObjectReader object(value);
  VideoEncoderConfig config;
  config.codec = object.String("codec");
  config.profile = object.Int("profile");
  config.constraints = object.Int("constraints");
  config.level = object.Int("level");
  config.width = object.Int("width");
  config.height = object.Int("height");
  config.display_width = object.Int("displayWidth");
  config.display_height = object.Int("displayHeight");
  config.bitrate = object.Int64("bitrate");
  config.bitrate_mode = static_cast<VideoEncoderConfig::BitrateMode>(object.Int("bitrateMode"));
  config.framerate = object.Double("framerate");
  config.realtime = object.Int("latencyMode") == 1;
  config.annexb = object.Int("bitstreamFormat") == 1;
  config.max_reference_frames = object.Int("maxReferenceFrames");
  config.max_bitrate = object.Int64("maxBitrate");
  config.max_cpb_size = object.Int64("maxCpbSize");
  config.content_hint = object.String("contentHint");
  config.bit_depth = object.Int("bitDepth");
  config.chroma = object.Int("chroma");
  config.temporal_layers = object.Int("temporalLayers");
  config.alpha = object.Bool("alpha");
  config.hardware_required = object.Int("hardware") == 1;
  config.encoder = object.String("encoder");
  config.threads = object.Int("threads");
  config.encoder_options = object.Pairs("encoderOptions");
  config.quality = object.Double("quality");
  return config;
}

VideoDecoderConfig ReadVideoDecoderConfig(const Napi::Value& value) {
  const ObjectReader object(value);
  VideoDecoderConfig config;
  config.codec = object.String("codec");
  const Bytes description = ReadBytes(value.Env(), object.Get("description"));
  config.description.assign(description.data, description.data + description.size);
  config.coded_width = object.Int("codedWidth");
  config.coded_height = object.Int("codedHeight");
  config.bit_depth = object.Int("bitDepth");
  config.chroma = object.Int("chroma");
  config.optimize_for_latency = object.Bool("optimizeForLatency");
  config.hardware_required = object.Int("hardware") == 1;
  config.threads = object.Int("threads");
  return config;
}

// --- Codecs -------------------------------------------------------------------------------------------------------

Napi::Value ConfigureVideoEncoder(const Napi::CallbackInfo& info) {
  CodecOf<AsyncEncodeWorker>(info[0]).Configure(ReadVideoEncoderConfig(info[1]));
  return info.Env().Undefined();
}

Napi::Value ConfigureVideoDecoder(const Napi::CallbackInfo& info) {
  CodecOf<AsyncDecodeWorker>(info[0]).Configure(ReadVideoDecoderConfig(info[1]));
  return info.Env().Undefined();
}

Napi::Value EncodeVideo(const Napi::CallbackInfo& info) {
  EncodeInput input{};
  input.picture = UnwrapPicture(info[1]);
  if (!input.picture) {
    Napi::TypeError::New(info.Env(), "the picture is closed").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  input.format = static_cast<PixelFormat>(ReadInt(info[2]));
  input.visible = {ReadInt(info[3]), ReadInt(info[4]), ReadInt(info[5]), ReadInt(info[6])};
  input.color = {ReadInt(info[7]), ReadInt(info[8]), ReadInt(info[9]), ReadInt(info[10])};
  input.timestamp = ReadInt64(info[11]);
  input.duration = ReadOptionalInt64(info[12]);
  input.options.key_frame = ReadBool(info[13]);
  input.options.quantizer = ReadInt(info[14]);
  CodecOf<AsyncEncodeWorker>(info[0]).Encode(std::move(input));
  return info.Env().Undefined();
}

Napi::Value DecodeVideo(const Napi::CallbackInfo& info) {
  DecodeInput input{};
  input.packet = NewPacket(info.Env(), ReadBytes(info.Env(), info[1]));
  if (!input.packet) return info.Env().Undefined();
  if (ReadBool(info[2])) input.packet->flags |= AV_PKT_FLAG_KEY;
  input.timestamp = ReadInt64(info[3]);
  input.duration = ReadOptionalInt64(info[4]);
  CodecOf<AsyncDecodeWorker>(info[0]).Decode(std::move(input));
  return info.Env().Undefined();
}

Napi::Value CodecFlush(const Napi::CallbackInfo& info) {
  CodecOf(info[0]).Flush(ReadInt(info[1]));
  return info.Env().Undefined();
}

Napi::Value CodecReset(const Napi::CallbackInfo& info) {
  CodecOf(info[0]).Reset();
  return info.Env().Undefined();
}

Napi::Value CodecClose(const Napi::CallbackInfo& info) {
  CodecOf(info[0]).Close();
  return info.Env().Undefined();
}

// --- Probes -------------------------------------------------------------------------------------------------------

Napi::Value ProbeVideoEncoderJob(const Napi::CallbackInfo& info) {
  const VideoEncoderConfig config = ReadVideoEncoderConfig(info[0]);
  const auto probe = [config] {
    VideoEncoderPlan plan;
    return ResolveVideoEncoder(config, &plan);
  };
  return RunProbe(info, probe, config.hardware_required);
}

Napi::Value ProbeVideoDecoderJob(const Napi::CallbackInfo& info) {
  const VideoDecoderConfig config = ReadVideoDecoderConfig(info[0]);
  const auto probe = [config] {
    AVCodecContextPtr context;
    return OpenVideoDecoder(config, &context);
  };
  return RunProbe(info, probe, config.hardware_required);
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
  set(out, "audioData", counters.audio_data);
  set(out, "audioBuffers", counters.audio_buffers);
  set(out, "inFlight", counters.in_flight);
  set(out, "packets", counters.packets);
  set(out, "buffers", counters.buffers);
  set(out, "bytes", counters.bytes);
  set(out, "codecs", counters.codecs);
  set(out, "inputs", counters.inputs);
  set(out, "outputs", counters.outputs);
  set(out, "captureSources", counters.capture_sources);
  set(out, "captureReaders", counters.capture_readers);
  set(out, "captureRings", counters.capture_rings);
  set(out, "pictureBytes", counters.picture_bytes);
  set(out, "imageBytes", counters.image_bytes);
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
  set(pool, "bytes", statistics.in_use_bytes + statistics.idle_bytes);
  set(pool, "highWaterBytes", statistics.high_water_bytes);
  set(pool, "recentHighWaterBytes", statistics.recent_high_water_bytes);
  set(pool, "evictions", statistics.evictions);
  out.Set("pool", pool);
  return out;
}

Napi::Value Start(const Napi::CallbackInfo& info) { return EnvState::Get(info.Env())->Start(info); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  StartLog();
  SetUpAllocator();
  ReadDeviceChoice();
  EnvState::Install(env);
  RegisterFrameBindings(env, exports);
  RegisterAudioDataBindings(env, exports);
  RegisterAudioCodecBindings(env, exports);
  RegisterImageBindings(env, exports);
  RegisterContainerBindings(env, exports);
  RegisterBorrowBindings(env, exports);
  RegisterCaptureBindings(env, exports);
  RegisterTransferBindings(env, exports);
  RegisterDiagnosticsBindings(env, exports);
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
