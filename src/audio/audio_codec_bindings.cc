#include "audio/audio_codec_bindings.h"

#include <utility>

#include "audio/audio_data_bindings.h"
#include "audio/audio_decode_worker.h"
#include "audio/audio_encode_worker.h"
#include "codec/codec_handle.h"

namespace webcodecs {

namespace {

AudioEncoderConfig ReadAudioEncoderConfig(const Napi::Value& value) {
  const ObjectReader object(value);
  AudioEncoderConfig config;
  config.codec = object.String("codec");
  config.sample_rate = object.Int("sampleRate");
  config.channels = object.Int("numberOfChannels");
  config.bitrate = object.Int64("bitrate");
  config.constant_bitrate = object.Int("bitrateMode") == 0;
  config.adts = object.Bool("adts");
  config.mpeg2 = object.Bool("mpeg2");
  config.frame_duration = object.Int("frameDuration");
  config.application = object.Int("application");
  config.signal = object.Int("signal");
  config.complexity = object.Int("complexity");
  config.packet_loss = object.Int("packetLoss");
  config.fec = object.Bool("fec");
  config.dtx = object.Bool("dtx");
  config.block_size = object.Int("blockSize");
  config.compression_level = object.Int("compressionLevel");
  config.encoder_options = object.Pairs("encoderOptions");
  return config;
}

AudioDecoderConfig ReadAudioDecoderConfig(const Napi::Value& value) {
  const ObjectReader object(value);
  AudioDecoderConfig config;
  config.codec = object.String("codec");
  const Bytes description = ReadBytes(value.Env(), object.Get("description"));
  config.description.assign(description.data, description.data + description.size);
  config.sample_rate = object.Int("sampleRate");
  config.channels = object.Int("numberOfChannels");
  config.pre_skip = object.Int("preSkip");
  return config;
}

Napi::Value ConfigureAudioEncoder(const Napi::CallbackInfo& info) {
  CodecOf<AudioEncodeWorker>(info[0]).Configure(ReadAudioEncoderConfig(info[1]));
  return info.Env().Undefined();
}

Napi::Value ConfigureAudioDecoder(const Napi::CallbackInfo& info) {
  CodecOf<AudioDecodeWorker>(info[0]).Configure(ReadAudioDecoderConfig(info[1]));
  return info.Env().Undefined();
}

Napi::Value EncodeAudio(const Napi::CallbackInfo& info) {
  AudioEncodeInput input{UnwrapAudioBuffer(info[1]), 0, ReadInt64(info[3])};
  if (!input.buffer) {
    Napi::TypeError::New(info.Env(), "the audio buffer is closed").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  napi_get_value_double(info.Env(), info[2], &input.sample_rate);
  CodecOf<AudioEncodeWorker>(info[0]).Encode(std::move(input));
  return info.Env().Undefined();
}

Napi::Value DecodeAudio(const Napi::CallbackInfo& info) {
  AudioDecodeInput input{NewPacket(info.Env(), ReadBytes(info.Env(), info[1])), ReadInt64(info[2])};
  if (input.packet) CodecOf<AudioDecodeWorker>(info[0]).Decode(std::move(input));
  return info.Env().Undefined();
}

Napi::Value ProbeAudioEncoder(const Napi::CallbackInfo& info) {
  return RunProbe(info, [config = ReadAudioEncoderConfig(info[0])] {
    AudioEncoderPlan plan;
    return ResolveAudioEncoder(config, &plan);
  });
}

Napi::Value ProbeAudioDecoder(const Napi::CallbackInfo& info) {
  return RunProbe(info, [config = ReadAudioDecoderConfig(info[0])] {
    AVCodecContextPtr context;
    return OpenAudioDecoder(config, &context);
  });
}

}  // namespace

void RegisterAudioCodecBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("probeAudioEncoder", Napi::Function::New<ProbeAudioEncoder>(env));
  exports.Set("probeAudioDecoder", Napi::Function::New<ProbeAudioDecoder>(env));
  exports.Set("createAudioEncoder", Napi::Function::New<CreateCodec<AudioEncodeWorker>>(env));
  exports.Set("createAudioDecoder", Napi::Function::New<CreateCodec<AudioDecodeWorker>>(env));
  exports.Set("configureAudioEncoder", Napi::Function::New<ConfigureAudioEncoder>(env));
  exports.Set("configureAudioDecoder", Napi::Function::New<ConfigureAudioDecoder>(env));
  exports.Set("encodeAudio", Napi::Function::New<EncodeAudio>(env));
  exports.Set("decodeAudio", Napi::Function::New<DecodeAudio>(env));
}

}  // namespace webcodecs
