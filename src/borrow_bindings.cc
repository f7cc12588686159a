#include "borrow_bindings.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "audio/audio_buffer.h"
#include "media/picture.h"
#include "util/media_handle.h"
#include "util/napi_util.h"

namespace webcodecs {

namespace {

// An ArrayBuffer over memory that `owner` keeps alive: until it is collected, or detached. A copy where the runtime
// forbids foreign memory. Null when there is an exception.
template <typename Media>
napi_value Lend(napi_env env, std::shared_ptr<Media> owner, const uint8_t* data, size_t size) {
  // To see what happens there where nobody can turn such buffers off.
  static const bool is_forbidden = std::getenv("WEBCODECS_NATIVE_NO_EXTERNAL_BUFFERS") != nullptr;
  auto held = std::make_unique<std::shared_ptr<Media>>(std::move(owner));
  napi_value buffer = nullptr;
  const auto release = [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<Media>*>(hint); };
  const napi_status status =
      is_forbidden ? napi_no_external_buffers_allowed
                   : napi_create_external_arraybuffer(env, const_cast<uint8_t*>(data), size, release, held.get(), &buffer);
  if (status == napi_ok) {
    held.release();
    return buffer;
  }
  if (status != napi_no_external_buffers_allowed) return nullptr;
  void* copy = nullptr;
  if (napi_create_arraybuffer(env, size, &copy, &buffer) != napi_ok) return nullptr;
  std::memcpy(copy, data, size);
  return buffer;
}

// The resource's number in loans, the same from the first one on.
template <typename Media>
int64_t LoanId(Media& media) {
  static std::atomic<int64_t> next{1};
  int64_t id = media.loan_id().load();
  if (id != 0) return id;
  const int64_t fresh = next.fetch_add(1);
  return media.loan_id().compare_exchange_strong(id, fresh) ? fresh : id;
}

void Append(Napi::Array array, napi_value value) { napi_set_element(array.Env(), array, array.Length(), value); }

void Append(Napi::Array array, int64_t value) {
  Append(array, Napi::Value(Napi::Number::New(array.Env(), static_cast<double>(value))));
}

Napi::Value ThrowClosedMedia(Napi::Env env) {
  Napi::TypeError::New(env, "The media resource is closed").ThrowAsJavaScriptException();
  return env.Undefined();
}

template <typename Media>
Napi::Value GetLoanId(const Napi::CallbackInfo& info) {
  const std::shared_ptr<Media> media = UnwrapMedia<Media>(info[0]);
  if (!media) return ThrowClosedMedia(info.Env());
  return Napi::Number::New(info.Env(), static_cast<double>(LoanId(*media)));
}

Napi::Value BorrowPicture(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::shared_ptr<Picture> picture = UnwrapMedia<Picture>(info[0]);
  if (!picture || picture->format() == PixelFormat::kUnknown) return ThrowClosedMedia(env);
  const PixelFormatInfo& format = GetPixelFormatInfo(picture->format());
  Napi::Array planes = Napi::Array::New(env);
  for (int plane = 0; plane < format.plane_count; plane++) {
    const int64_t row_bytes = PlaneRowBytes(format.planes[plane], picture->width());
    const int64_t rows = PlaneHeight(format.planes[plane], picture->height());
    const int64_t stride = picture->stride(plane);
    napi_value buffer =
        Lend(env, picture, picture->data(plane), static_cast<size_t>(stride * (rows - 1) + row_bytes));
    if (buffer == nullptr) return env.Undefined();
    Append(planes, buffer);
    Append(planes, stride);
    Append(planes, row_bytes);
    Append(planes, rows);
  }
  return planes;
}

Napi::Value BorrowAudioBuffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::shared_ptr<AudioBuffer> audio = UnwrapMedia<AudioBuffer>(info[0]);
  if (!audio) return ThrowClosedMedia(env);
  const SampleFormat format = audio->format();
  const size_t samples = audio->frames() * (format.planar ? 1 : static_cast<size_t>(audio->channels()));
  Napi::Array planes = Napi::Array::New(env);
  for (int plane = 0; plane < (format.planar ? audio->channels() : 1); plane++) {
    napi_value buffer = Lend(env, audio, audio->plane(plane), samples * SampleBytes(format.type));
    if (buffer == nullptr) return env.Undefined();
    Append(planes, buffer);
  }
  return planes;
}

// structuredClone() would not: Node lets no ArrayBuffer over foreign memory be transferred.
Napi::Value DetachBuffer(const Napi::CallbackInfo& info) {
  napi_detach_arraybuffer(info.Env(), info[0]);
  return info.Env().Undefined();
}

}  // namespace

void RegisterBorrowBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("pictureLoanId", Napi::Function::New<GetLoanId<Picture>>(env));
  exports.Set("audioLoanId", Napi::Function::New<GetLoanId<AudioBuffer>>(env));
  exports.Set("borrowPicture", Napi::Function::New<BorrowPicture>(env));
  exports.Set("detachBuffer", Napi::Function::New<DetachBuffer>(env));
  exports.Set("borrowAudioBuffer", Napi::Function::New<BorrowAudioBuffer>(env));
}

}  // namespace webcodecs
