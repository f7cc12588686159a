#include "frame_bindings.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "env_state.h"
#include "media/adopted_buffer.h"
#include "media/convert.h"
#include "media/copy.h"
#include "util/counters.h"
#include "util/job_pool.h"
#include "util/media_handle.h"
#include "util/napi_util.h"

namespace webcodecs {
namespace {

// Shorter conversions than this run at once: a job costs two thread switches and a copy.
constexpr int64_t kInlineMicros = 1000;

// --- Handles --------------------------------------------------------------------------------------------------------

using StagingHandle = Napi::External<std::shared_ptr<Staging>>;

// --- Arguments ------------------------------------------------------------------------------------------------------

// At most `kMax` numbers of an array; `count` is how many there are.
template <int kMax>
struct Numbers {
  int64_t values[kMax] = {};
  int count = 0;
};

template <int kMax>
Numbers<kMax> ReadNumbers(napi_env env, napi_value array) {
  Numbers<kMax> numbers;
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  numbers.count = static_cast<int>(std::min<uint32_t>(length, kMax));
  for (int i = 0; i < numbers.count; i++) {
    napi_value element;
    if (napi_get_element(env, array, static_cast<uint32_t>(i), &element) == napi_ok)
      napi_get_value_int64(env, element, &numbers.values[i]);
  }
  return numbers;
}

Napi::Value ThrowOutOfMemory(Napi::Env env) {
  Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Value ThrowOutOfBounds(Napi::Env env) {
  Napi::RangeError::New(env, "Pixels reach past the end of the buffer").ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Value ThrowClosed(Napi::Env env) {
  Napi::TypeError::New(env, "The picture is closed").ThrowAsJavaScriptException();
  return env.Undefined();
}

// Whether rows from `offset` on end within `size`. lib/ has checked it already; here it keeps an error there from
// becoming a write into foreign memory.
bool RowsFit(int64_t offset, int64_t stride, int64_t row_bytes, int64_t rows, size_t size) {
  if (offset < 0 || stride < 0 || row_bytes < 0 || rows < 0) return false;
  if (rows == 0 || row_bytes == 0) return true;
  constexpr int64_t kLimit = int64_t{1} << 31;  // keeps the product below from overflowing
  if (stride >= kLimit || rows >= kLimit) return false;
  const int64_t end = stride * (rows - 1) + row_bytes;
  return end <= static_cast<int64_t>(size) && offset <= static_cast<int64_t>(size) - end;
}

// --- createPicture --------------------------------------------------------------------------------------------------

// Where the planes of the user's data lie.
struct UserPlanes {
  PixelFormat format;
  int width, height;
  const PixelFormatInfo* info;
  Bytes bytes;
  int64_t offset[4] = {}, stride[4] = {};
  int64_t row_bytes[4] = {}, rows[4] = {};

  int64_t End(int plane) const { return offset[plane] + stride[plane] * (rows[plane] - 1) + row_bytes[plane]; }

  bool Fit() const {
    for (int plane = 0; plane < info->plane_count; plane++) {
      if (stride[plane] < row_bytes[plane]) return false;
      if (!RowsFit(offset[plane], stride[plane], row_bytes[plane], rows[plane], bytes.size)) return false;
    }
    return true;
  }

  // Samples of two bytes are read as such: every row must begin at an even address.
  bool Aligned() const {
    if (info->bit_depth == 8) return true;
    for (int plane = 0; plane < info->plane_count; plane++) {
      if (offset[plane] % 2 != 0 || stride[plane] % 2 != 0) return false;
    }
    return reinterpret_cast<uintptr_t>(bytes.data) % 2 == 0;
  }

  // Whether the planes follow one another with little between them, so that one memcpy() takes all.
  bool Dense() const {
    int64_t pixels = 0;
    for (int plane = 0; plane < info->plane_count; plane++) {
      if (plane > 0 && offset[plane] < End(plane - 1)) return false;
      pixels += row_bytes[plane] * rows[plane];
    }
    const int64_t extent = End(info->plane_count - 1) - offset[0];
    return extent <= pixels + pixels / 8;
  }
};

PicturePtr CopyDense(const UserPlanes& planes) {
  const int64_t first = planes.offset[0];
  const size_t extent = static_cast<size_t>(planes.End(planes.info->plane_count - 1) - first);
  PoolBufferPtr buffer = FramePool::Global().Acquire(extent, AllocationKind::kCopy);
  if (!buffer) return nullptr;
  std::memcpy(buffer->data(), planes.bytes.data + first, extent);
  uint8_t* data[4] = {};
  int stride[4] = {};
  for (int plane = 0; plane < planes.info->plane_count; plane++) {
    data[plane] = buffer->data() + (planes.offset[plane] - first);
    stride[plane] = static_cast<int>(planes.stride[plane]);
  }
  return Picture::FromPlanes(planes.format, planes.width, planes.height, data, stride, WrapPoolBuffer(buffer), extent);
}

PicturePtr CopyApart(const UserPlanes& planes) {
  AVFramePtr frame = AllocatePoolFrame(planes.format, planes.width, planes.height);
  if (!frame) return nullptr;
  for (int plane = 0; plane < planes.info->plane_count; plane++) {
    CopyPlane(planes.bytes.data + planes.offset[plane], planes.stride[plane], frame->data[plane],
              frame->linesize[plane], static_cast<size_t>(planes.row_bytes[plane]),
              static_cast<int>(planes.rows[plane]));
  }
  return Picture::FromPoolFrame(planes.format, std::move(frame));
}

PicturePtr Adopt(napi_env env, const UserPlanes& planes, int32_t return_id) {
  AVBufferRefPtr owner = AdoptBuffer(env, planes.bytes, return_id);
  if (!owner) return nullptr;
  uint8_t* data[4] = {};
  int stride[4] = {};
  for (int plane = 0; plane < planes.info->plane_count; plane++) {
    data[plane] = planes.bytes.data + planes.offset[plane];
    stride[plane] = static_cast<int>(planes.stride[plane]);
  }
  return Picture::FromPlanes(planes.format, planes.width, planes.height, data, stride, std::move(owner),
                             planes.bytes.size, PictureMemory::kJavaScript);
}

// Sends back an ArrayBuffer whose pixels were copied instead.
void ReturnNow(napi_env env, const UserPlanes& planes, int32_t return_id) {
  const std::shared_ptr<EnvState> state = EnvState::Get(env);
  const napi_ref reference = state->AddReference(planes.bytes.buffer);
  if (reference) state->Post(Event{0, 0, ReturnedEvent{return_id, reference}});
}

Napi::Value CreatePicture(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  UserPlanes planes;
  planes.format = static_cast<PixelFormat>(ReadInt(info[0]));
  planes.width = ReadInt(info[1]);
  planes.height = ReadInt(info[2]);
  planes.info = &GetPixelFormatInfo(planes.format);
  planes.bytes = ReadBytes(env, info[3]);
  const auto layout = ReadNumbers<8>(env, info[4]);
  for (int plane = 0; plane < planes.info->plane_count; plane++) {
    planes.offset[plane] = layout.values[2 * plane];
    planes.stride[plane] = layout.values[2 * plane + 1];
    planes.row_bytes[plane] = PlaneRowBytes(planes.info->planes[plane], planes.width);
    planes.rows[plane] = PlaneHeight(planes.info->planes[plane], planes.height);
  }
  if (layout.count < 2 * planes.info->plane_count || !planes.Fit()) return ThrowOutOfBounds(env);

  const bool adopt = ReadBool(info[5]) && planes.Aligned();
  const int return_id = ReadInt(info[6]);
  PicturePtr picture;
  if (adopt)
    picture = Adopt(env, planes, return_id);
  else
    picture = planes.Aligned() && planes.Dense() ? CopyDense(planes) : CopyApart(planes);
  if (!adopt && return_id != 0) ReturnNow(env, planes, return_id);
  if (!picture) return ThrowOutOfMemory(env);
  return WrapPicture(env, std::move(picture));
}

// --- The life of a handle -------------------------------------------------------------------------------------------

Napi::Value ClonePicture(const Napi::CallbackInfo& info) {
  PicturePtr picture = UnwrapPicture(info[0]);
  return picture ? WrapPicture(info.Env(), std::move(picture)) : ThrowClosed(info.Env());
}

// --- Copies and conversions -----------------------------------------------------------------------------------------

bool PlaneHas(const Picture& picture, int plane, int64_t top, int64_t rows, int64_t left, int64_t row_bytes) {
  if (picture.format() == PixelFormat::kUnknown || !picture.data(plane)) return false;
  const PlaneInfo& shape = GetPixelFormatInfo(picture.format()).planes[plane];
  return top >= 0 && left >= 0 && top + rows <= PlaneHeight(shape, picture.height()) &&
         left + row_bytes <= PlaneRowBytes(shape, picture.width());
}

Napi::Value CopyPlanesTo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const PicturePtr picture = UnwrapPicture(info[0]);
  if (!picture) return ThrowClosed(env);
  const Bytes destination = ReadBytes(env, info[1]);
  constexpr int kFields = 6;
  const auto numbers = ReadNumbers<4 * kFields>(env, info[2]);
  const int plane_count = numbers.count / kFields;
  ComputedPlaneLayout layouts[4];
  for (int plane = 0; plane < plane_count; plane++) {
    const int64_t* n = numbers.values + kFields * plane;
    if (!RowsFit(n[0], n[1], n[5], n[3], destination.size) || !PlaneHas(*picture, plane, n[2], n[3], n[4], n[5]))
      return ThrowOutOfBounds(env);
    layouts[plane] = {static_cast<uint32_t>(n[0]), static_cast<uint32_t>(n[1]), static_cast<uint32_t>(n[2]),
                      static_cast<uint32_t>(n[3]), static_cast<uint32_t>(n[4]), static_cast<uint32_t>(n[5])};
  }
  CopyPlanes(*picture, layouts, plane_count, destination.data);
  return env.Undefined();
}

// A conversion that outlives the call; it holds nothing that belongs to JavaScript.
struct ConversionJob {
  PicturePtr picture;
  PixelFormat source_format;
  Rect rect;
  ColorSpace color;
  PixelFormat destination_format;
  bool display_p3;

  Status Run(std::shared_ptr<Staging>* result) const {
    auto staging = std::make_shared<Staging>();
    staging->row_bytes = rect.width * 4;
    staging->rows = rect.height;
    staging->buffer = FramePool::Global().Acquire(static_cast<size_t>(staging->row_bytes) * staging->rows, AllocationKind::kStaging);
    if (!staging->buffer) return Status(StatusCode::kOutOfMemory, "Out of memory");
    Status status = ConvertTo(staging->buffer->data(), staging->row_bytes);
    if (status.ok()) *result = std::move(staging);
    return status;
  }

  Status ConvertTo(uint8_t* data, int stride) const {
    return ConvertToRgb(*picture, source_format, rect, color, {data, stride, destination_format, display_p3});
  }
};

Napi::Value ConvertPicture(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  ConversionJob job;
  job.picture = UnwrapPicture(info[0]);
  if (!job.picture) return ThrowClosed(env);
  job.source_format = static_cast<PixelFormat>(ReadInt(info[1]));
  const auto rect = ReadNumbers<4>(env, info[2]);
  job.rect = {static_cast<int>(rect.values[0]), static_cast<int>(rect.values[1]), static_cast<int>(rect.values[2]),
              static_cast<int>(rect.values[3])};
  const ObjectReader color(info[3]);
  job.color = {color.Int("primaries"), color.Int("transfer"), color.Int("matrix"), color.Int("fullRange")};
  job.destination_format = static_cast<PixelFormat>(ReadInt(info[4]));
  job.display_p3 = ReadBool(info[5]);
  const Bytes destination = ReadBytes(env, info[6]);
  const int64_t offset = ReadInt64(info[7]), stride = ReadInt64(info[8]);
  const bool inside = job.rect.x >= 0 && job.rect.y >= 0 && job.rect.width <= job.picture->width() - job.rect.x &&
                      job.rect.height <= job.picture->height() - job.rect.y;
  if (!inside || !RowsFit(offset, stride, job.rect.width * int64_t{4}, job.rect.height, destination.size))
    return ThrowOutOfBounds(env);

  if (EstimateConvertToRgbMicros(job.source_format, job.rect, job.color, job.display_p3) < kInlineMicros) {
    const Status status = job.ConvertTo(destination.data + offset, static_cast<int>(stride));
    if (!status.ok()) Napi::Error::New(env, status.message()).ThrowAsJavaScriptException();
    return Napi::Number::New(env, 0);
  }
  std::shared_ptr<EnvState> state = EnvState::Get(env);
  const int32_t job_id = state->BeginJob();
  const bool reads_javascript = job.picture->memory() == PictureMemory::kJavaScript;
  if (reads_javascript) state->BeginRead();
  JobPool::Global().Post([job = std::move(job), state = std::move(state), job_id, reads_javascript]() mutable {
    std::shared_ptr<Staging> result;
    Status status = job.Run(&result);
    // Given up before JavaScript hears of the end, so that it counts nothing as alive.
    job.picture.reset();
    if (reads_javascript) state->EndRead();
    state->PostJobEvent(job_id, std::move(status), std::move(result));
  });
  return Napi::Number::New(env, job_id);
}

Napi::Value MoveStaging(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::shared_ptr<Staging> staging = std::move(*info[0].As<StagingHandle>().Data());
  if (!staging) return ThrowClosed(env);
  const Bytes destination = ReadBytes(env, info[1]);
  const int64_t offset = ReadInt64(info[2]), stride = ReadInt64(info[3]);
  if (!RowsFit(offset, stride, staging->row_bytes, staging->rows, destination.size)) return ThrowOutOfBounds(env);
  CopyPlane(staging->buffer->data(), staging->row_bytes, destination.data + offset, stride,
            static_cast<size_t>(staging->row_bytes), staging->rows);
  return env.Undefined();
}

Napi::Value DropStaging(const Napi::CallbackInfo& info) {
  info[0].As<StagingHandle>().Data()->reset();
  return info.Env().Undefined();
}

}  // namespace

Napi::Value WrapPicture(Napi::Env env, PicturePtr picture) {
  return WrapMedia(env, std::move(picture), GlobalCounters().frames);
}

PicturePtr UnwrapPicture(const Napi::Value& handle) { return UnwrapMedia<Picture>(handle); }

Napi::Value WrapStaging(Napi::Env env, std::shared_ptr<Staging> staging) {
  auto held = std::make_unique<std::shared_ptr<Staging>>(std::move(staging));
  Napi::Value handle = StagingHandle::New(env, held.get(), [](Napi::BasicEnv, std::shared_ptr<Staging>* h) { delete h; });
  if (!handle.IsEmpty()) held.release();
  return handle;
}

void RegisterFrameBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("createPicture", Napi::Function::New<CreatePicture>(env));
  exports.Set("clonePicture", Napi::Function::New<ClonePicture>(env));
  exports.Set("closePicture", Napi::Function::New<CloseMedia<Picture>>(env));
  exports.Set("copyPlanes", Napi::Function::New<CopyPlanesTo>(env));
  exports.Set("convertPicture", Napi::Function::New<ConvertPicture>(env));
  exports.Set("moveStaging", Napi::Function::New<MoveStaging>(env));
  exports.Set("dropStaging", Napi::Function::New<DropStaging>(env));
}

}  // namespace webcodecs
