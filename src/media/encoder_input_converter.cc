#include <libyuv.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "media/convert.h"
#include "media/copy.h"
#include "media/rgb_to_yuv.h"
#include "media/yuv_to_yuv.h"

namespace webcodecs {
namespace {

// Planes in memory that somebody else keeps, or `copy` does.
struct Source {
  PixelFormat format = PixelFormat::kUnknown;  // never one with an alpha plane
  AVPixelFormat av_format = AV_PIX_FMT_NONE;
  int width = 0, height = 0;
  const uint8_t* data[4] = {};
  int stride[4] = {};
  AVFramePtr copy;
};

Status OutOfMemory() { return Status(StatusCode::kOutOfMemory, "No memory to convert a frame for the encoder"); }

// Encoders here take no alpha. (It is a fourth plane, so that leaving it out costs nothing.)
PixelFormat WithoutAlphaPlane(PixelFormat format) {
  switch (format) {
    case PixelFormat::kI420A:
      return PixelFormat::kI420;
    case PixelFormat::kI420AP10:
      return PixelFormat::kI420P10;
    case PixelFormat::kI420AP12:
      return PixelFormat::kI420P12;
    case PixelFormat::kI422A:
      return PixelFormat::kI422;
    case PixelFormat::kI422AP10:
      return PixelFormat::kI422P10;
    case PixelFormat::kI422AP12:
      return PixelFormat::kI422P12;
    case PixelFormat::kI444A:
      return PixelFormat::kI444;
    case PixelFormat::kI444AP10:
      return PixelFormat::kI444P10;
    case PixelFormat::kI444AP12:
      return PixelFormat::kI444P12;
    default:
      return format;
  }
}

// FFmpeg names 4:4:4 whose planes are G, B, R by formats of its own.
AVPixelFormat AvFormatFor(PixelFormat format, int matrix) {
  if (matrix == kMatrixRgb) {
    switch (format) {
      case PixelFormat::kI444:
        return AV_PIX_FMT_GBRP;
      case PixelFormat::kI444P10:
        return AV_PIX_FMT_GBRP10;
      case PixelFormat::kI444P12:
        return AV_PIX_FMT_GBRP12;
      default:
        break;
    }
  }
  return GetPixelFormatInfo(format).av_format;
}

// What is unspecified is taken for what the encoder was told: altering it would be a guess.
int AgreedMatrix(int matrix, int encoder_matrix) {
  return EffectiveMatrix(matrix == kMatrixUnspecified ? encoder_matrix : matrix);
}

bool CutsChroma(const PixelFormatInfo& info, const Rect& visible) {
  return visible.x % info.planes[1].sample_width != 0 || visible.y % info.planes[1].sample_height != 0;
}

// A chroma plane moved by half a sample in the direction in which the rectangle begins between two samples.
template <typename Sample>
void CropChroma(const Picture& picture, int plane, const PlaneInfo& shape, const Rect& visible, AVFrame* out) {
  const int components = shape.sample_bytes / static_cast<int>(sizeof(Sample));
  const int last_x = PlaneWidth(shape, picture.width()) - 1, last_y = PlaneHeight(shape, picture.height()) - 1;
  const int step_x = visible.x % shape.sample_width, step_y = visible.y % shape.sample_height;
  const auto row_of = [&](int row) {
    return reinterpret_cast<const Sample*>(picture.data(plane) +
                                           static_cast<ptrdiff_t>(std::min(row, last_y)) * picture.stride(plane));
  };
  const int width = PlaneWidth(shape, visible.width), height = PlaneHeight(shape, visible.height);
  for (int y = 0; y < height; y++) {
    const int source_y = visible.y / shape.sample_height + y;
    const Sample* row0 = row_of(source_y);
    const Sample* row1 = row_of(source_y + step_y);
    auto* target = reinterpret_cast<Sample*>(out->data[plane] + static_cast<ptrdiff_t>(y) * out->linesize[plane]);
    for (int x = 0; x < width; x++) {
      const int x0 = std::min(visible.x / shape.sample_width + x, last_x), x1 = std::min(x0 + step_x, last_x);
      for (int k = 0; k < components; k++) {
        const int sum = row0[x0 * components + k] + row0[x1 * components + k] + row1[x0 * components + k] +
                        row1[x1 * components + k];
        target[x * components + k] = static_cast<Sample>((sum + 2) >> 2);
      }
    }
  }
}

AVFramePtr CopyVisible(const Picture& picture, PixelFormat format, const Rect& visible) {
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  AVFramePtr out = AllocatePoolFrame(format, visible.width, visible.height);
  if (!out) return nullptr;
  for (int plane = 0; plane < info.plane_count; plane++) {
    const PlaneInfo& shape = info.planes[plane];
    if (plane > 0 && CutsChroma(info, visible)) {
      if (info.bit_depth > 8)
        CropChroma<uint16_t>(picture, plane, shape, visible, out.get());
      else
        CropChroma<uint8_t>(picture, plane, shape, visible, out.get());
      continue;
    }
    const ptrdiff_t top = visible.y / shape.sample_height, left = visible.x / shape.sample_width;
    CopyPlane(picture.data(plane) + top * picture.stride(plane) + left * shape.sample_bytes, picture.stride(plane),
              out->data[plane], out->linesize[plane], PlaneRowBytes(shape, visible.width),
              PlaneHeight(shape, visible.height));
  }
  return out;
}

// The visible rectangle's planes: the picture's own where `in_place` and the chroma planes allow it, copied otherwise.
bool MakeSource(const Picture& picture, PixelFormat format, int matrix, const Rect& visible, bool in_place,
                Source* source) {
  source->format = format;
  source->av_format = AvFormatFor(format, matrix);
  source->width = visible.width;
  source->height = visible.height;
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  if (!in_place || CutsChroma(info, visible)) {
    source->copy = CopyVisible(picture, format, visible);
    if (!source->copy) return false;
    std::copy_n(source->copy->data, 4, source->data);
    std::copy_n(source->copy->linesize, 4, source->stride);
    return true;
  }
  for (int plane = 0; plane < info.plane_count; plane++) {
    const PlaneInfo& shape = info.planes[plane];
    source->stride[plane] = picture.stride(plane);
    source->data[plane] = picture.data(plane) +
                          static_cast<ptrdiff_t>(visible.y / shape.sample_height) * picture.stride(plane) +
                          static_cast<ptrdiff_t>(visible.x / shape.sample_width) * shape.sample_bytes;
  }
  return true;
}

// A format that only FFmpeg knows: no crop by moving pointers, the scaler takes the whole coded picture.
void MakeForeignSource(const Picture& picture, Source* source) {
  source->av_format = static_cast<AVPixelFormat>(picture.frame()->format);
  source->width = picture.width();
  source->height = picture.height();
  for (int plane = 0; plane < 4; plane++) {
    source->data[plane] = picture.data(plane);
    source->stride[plane] = picture.stride(plane);
  }
}

// An output frame whose memory is the picture's own.
AVFramePtr PassThrough(const PicturePtr& picture, const Source& source) {
  AVFramePtr out(av_frame_alloc());
  if (!out) return nullptr;
  auto* owner = new PicturePtr(picture);
  const auto release = [](void* opaque, uint8_t*) { delete static_cast<PicturePtr*>(opaque); };
  out->buf[0] = av_buffer_create(const_cast<uint8_t*>(source.data[0]), picture->bytes(), release, owner,
                                 AV_BUFFER_FLAG_READONLY);
  if (!out->buf[0]) {
    delete owner;
    return nullptr;
  }
  for (int plane = 0; plane < GetPixelFormatInfo(source.format).plane_count; plane++) {
    out->data[plane] = const_cast<uint8_t*>(source.data[plane]);
    out->linesize[plane] = source.stride[plane];
  }
  out->format = source.av_format;
  out->width = source.width;
  out->height = source.height;
  return out;
}

bool ConvertRgb(const Source& source, const ColorSpace& color, PixelFormat format, AVFrame* out) {
  const bool blue_first = source.format == PixelFormat::kBGRA || source.format == PixelFormat::kBGRX;
  const uint8_t* pixels = source.data[0];
  int stride = source.stride[0];
  PoolBufferPtr scaled;
  if (source.width != out->width || source.height != out->height) {
    const int scaled_stride = out->width * 4;
    scaled = FramePool::Global().Acquire(static_cast<size_t>(scaled_stride) * out->height, AllocationKind::kScratch);
    if (!scaled) return false;
    libyuv::ARGBScale(pixels, stride, source.width, source.height, scaled->data(), scaled_stride, out->width,
                      out->height, libyuv::kFilterBox);
    pixels = scaled->data();
    stride = scaled_stride;
  }
  RgbToYuv(pixels, stride, blue_first, out->width, out->height, color, format, out->data, out->linesize);
  return true;
}

void ScaleRows(const uint8_t* from, int from_stride, int from_width, int from_height, uint8_t* to, int to_stride,
               int to_width, int to_height, bool wide) {
  if (wide) {
    libyuv::ScalePlane_16(reinterpret_cast<const uint16_t*>(from), from_stride / 2, from_width, from_height,
                          reinterpret_cast<uint16_t*>(to), to_stride / 2, to_width, to_height, libyuv::kFilterBox);
  } else {
    libyuv::ScalePlane(from, from_stride, from_width, from_height, to, to_stride, to_width, to_height,
                       libyuv::kFilterBox);
  }
}

// Between planar YUV formats of one bit depth, any sub-sampling and size; the meaning of the samples stays the same.
void ScaleYuv(const Source& source, PixelFormat format, AVFrame* out) {
  const PixelFormatInfo& from = GetPixelFormatInfo(source.format);
  const PixelFormatInfo& to = GetPixelFormatInfo(format);
  for (int plane = 0; plane < 3; plane++) {
    const PlaneInfo &a = from.planes[plane], &b = to.planes[plane];
    ScaleRows(source.data[plane], source.stride[plane], PlaneWidth(a, source.width), PlaneHeight(a, source.height),
              out->data[plane], out->linesize[plane], PlaneWidth(b, out->width), PlaneHeight(b, out->height),
              to.bit_depth > 8);
  }
}

// Gives an NV12 source planes of its own for U and V, which `memory` keeps.
bool SplitChroma(Source* source, AVFramePtr* memory) {
  if (source->format != PixelFormat::kNV12) return true;
  *memory = AllocatePoolFrame(PixelFormat::kI420, source->width, source->height);
  if (!*memory) return false;
  AVFrame& split = **memory;
  const PlaneInfo& shape = GetPixelFormatInfo(PixelFormat::kI420).planes[1];
  libyuv::SplitUVPlane(source->data[1], source->stride[1], split.data[1], split.linesize[1], split.data[2],
                       split.linesize[2], PlaneWidth(shape, source->width), PlaneHeight(shape, source->height));
  source->format = PixelFormat::kI420;
  for (int plane : {1, 2}) {
    source->data[plane] = split.data[plane];
    source->stride[plane] = split.linesize[plane];
  }
  return true;
}

void MergeChroma(const AVFrame& planar, AVFrame* nv12) {
  const PlaneInfo& shape = GetPixelFormatInfo(PixelFormat::kI420).planes[1];
  libyuv::MergeUVPlane(planar.data[1], planar.linesize[1], planar.data[2], planar.linesize[2], nv12->data[1],
                       nv12->linesize[1], PlaneWidth(shape, nv12->width), PlaneHeight(shape, nv12->height));
}

// The planar format with the sub-sampling of one and the bit depth of another.
PixelFormat PlanarFormat(PixelFormat sampling, int bit_depth) {
  constexpr PixelFormat kTable[3][3] = {
      {PixelFormat::kI420, PixelFormat::kI420P10, PixelFormat::kI420P12},
      {PixelFormat::kI422, PixelFormat::kI422P10, PixelFormat::kI422P12},
      {PixelFormat::kI444, PixelFormat::kI444P10, PixelFormat::kI444P12},
  };
  const PlaneInfo& chroma = GetPixelFormatInfo(sampling).planes[1];
  return kTable[chroma.sample_height == 2 ? 0 : chroma.sample_width == 2 ? 1 : 2][(bit_depth - 8) / 2];
}

// Between any two YUV formats, sizes and colours. The colour changes at the source's size and sub-sampling, then the
// planes are scaled.
bool ConvertYuvFrame(Source source, const ColorSpace& from, PixelFormat format, const ColorSpace& to, AVFrame* out) {
  AVFramePtr split, recoloured, planar;
  if (!SplitChroma(&source, &split)) return false;
  AVFrame* target = out;
  const bool merge = format == PixelFormat::kNV12;
  if (merge) {
    // The luma plane is written where it belongs, the others where they can be merged from.
    planar = AllocatePoolFrame(PixelFormat::kI420, out->width, out->height);
    if (!planar) return false;
    planar->data[0] = out->data[0];
    planar->linesize[0] = out->linesize[0];
    target = planar.get();
  }
  const int bit_depth = GetPixelFormatInfo(format).bit_depth;
  const PixelFormat target_format = merge ? PixelFormat::kI420 : format;
  const bool same_samples = EffectiveMatrix(from.matrix) == EffectiveMatrix(to.matrix) &&
                            IsFullRange(from) == IsFullRange(to) &&
                            GetPixelFormatInfo(source.format).bit_depth == bit_depth;
  const PixelFormat recoloured_format = PlanarFormat(source.format, bit_depth);
  const bool scales =
      recoloured_format != target_format || source.width != out->width || source.height != out->height;
  if (!same_samples) {
    AVFrame* step = target;
    if (scales) {
      recoloured = AllocatePoolFrame(recoloured_format, source.width, source.height);
      if (!recoloured) return false;
      step = recoloured.get();
    }
    const YuvPlanes planes{{source.data[0], source.data[1], source.data[2]},
                           {source.stride[0], source.stride[1], source.stride[2]}};
    ConvertYuv(planes, source.format, from, source.width, source.height, recoloured_format, to, step->data,
               step->linesize);
    if (scales) {
      source.format = recoloured_format;
      std::copy_n(step->data, 4, source.data);
      std::copy_n(step->linesize, 4, source.stride);
    }
  }
  if (same_samples || scales) ScaleYuv(source, target_format, target);
  if (merge) MergeChroma(*target, out);
  return true;
}

}  // namespace

struct EncoderInputConverter::State {
  int width = 0, height = 0;
  PixelFormat format = PixelFormat::kI420;
  ColorSpace color;

  // The scaler of the last conversion, and what it was made for.
  using ScalerKey = std::tuple<AVPixelFormat, int, int, int, bool, int, int, AVPixelFormat, int, bool>;
  ScalerKey scaler_key;
  SwsContextPtr scaler;

  Status Convert(const PicturePtr& picture, PixelFormat source_format, const Rect& visible, const ColorSpace& from,
                 AVFramePtr* out);
  Status Scale(const Source& source, int matrix, bool full_range, AVFrame* out);
  Status OpenScaler(const Source& source, int matrix, bool full_range, const AVFrame& out);
  Status ScaleForeign(const Picture& picture, const Rect& visible, const ColorSpace& from, AVFramePtr* out);
  void SetColor(AVFrame* out) const;
};

Status EncoderInputConverter::State::Convert(const PicturePtr& picture, PixelFormat source_format, const Rect& visible,
                                             const ColorSpace& from, AVFramePtr* out) {
  if (source_format == PixelFormat::kUnknown) return ScaleForeign(*picture, visible, from, out);
  const PixelFormat from_format = WithoutAlphaPlane(source_format);
  const bool is_rgb = GetPixelFormatInfo(from_format).is_rgb;
  const int matrix = AgreedMatrix(from.matrix, color.matrix);
  const bool full_range = is_rgb || IsFullRange(from);
  const bool same_size = visible.width == width && visible.height == height;
  const bool same_color = !is_rgb && matrix == EffectiveMatrix(color.matrix) && full_range == IsFullRange(color);
  const bool rgb_kernel = is_rgb && CanConvertRgbToYuv(format, color);
  const bool same = same_color && from_format == format && same_size;

  // Scalers may read a little past the end of a row, which a JavaScript buffer need not have.
  const bool in_place = same || (rgb_kernel && same_size) || picture->memory() == PictureMemory::kNative;
  Source source;
  if (!MakeSource(*picture, from_format, is_rgb ? kMatrixUnspecified : matrix, visible, in_place, &source))
    return OutOfMemory();
  if (same) {
    *out = source.copy ? std::move(source.copy) : PassThrough(picture, source);
    if (!*out) return OutOfMemory();
    (*out)->format = AvFormatFor(format, EffectiveMatrix(color.matrix));
    return Status::Ok();
  }
  *out = AllocatePoolFrame(format, width, height);
  if (!*out) return OutOfMemory();
  (*out)->format = AvFormatFor(format, EffectiveMatrix(color.matrix));
  if (rgb_kernel) return ConvertRgb(source, color, format, out->get()) ? Status::Ok() : OutOfMemory();
  const ColorSpace meant{from.primaries, from.transfer, matrix, full_range ? 1 : 0};
  if (!is_rgb && !GetPixelFormatInfo(format).is_rgb && CanConvertYuv(meant, color))
    return ConvertYuvFrame(std::move(source), meant, format, color, out->get()) ? Status::Ok() : OutOfMemory();
  return Scale(source, matrix, full_range, out->get());
}

Status EncoderInputConverter::State::Scale(const Source& source, int matrix, bool full_range, AVFrame* out) {
  const int to_matrix = EffectiveMatrix(color.matrix);
  const bool to_full_range = IsFullRange(color);
  const auto to_format = static_cast<AVPixelFormat>(out->format);
  const ScalerKey key{source.av_format, source.width, source.height, matrix,    full_range,
                      out->width,       out->height,  to_format,     to_matrix, to_full_range};
  if (!scaler || key != scaler_key) {
    Status status = OpenScaler(source, matrix, full_range, *out);
    if (!status.ok()) return status;
    scaler_key = key;
  }
  const int rows =
      sws_scale(scaler.get(), source.data, source.stride, 0, source.height, out->data, out->linesize);
  return rows > 0 ? Status::Ok() : Status(StatusCode::kInternal, "swscale refused a frame");
}

Status EncoderInputConverter::State::OpenScaler(const Source& source, int matrix, bool full_range,
                                                const AVFrame& out) {
  scaler.reset(sws_alloc_context());
  if (!scaler) return OutOfMemory();
  SwsContext* context = scaler.get();
  av_opt_set_int(context, "srcw", source.width, 0);
  av_opt_set_int(context, "srch", source.height, 0);
  av_opt_set_int(context, "src_format", source.av_format, 0);
  av_opt_set_int(context, "dstw", out.width, 0);
  av_opt_set_int(context, "dsth", out.height, 0);
  av_opt_set_int(context, "dst_format", out.format, 0);
  av_opt_set_int(context, "sws_flags", SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, 0);
  // Told only after the start, swscale would have chosen a path that leaves the range as it is.
  av_opt_set_int(context, "src_range", full_range, 0);
  av_opt_set_int(context, "dst_range", IsFullRange(color), 0);
  if (sws_init_context(context, nullptr, nullptr) < 0) {
    scaler.reset();
    return Status(StatusCode::kNotSupported, "No conversion from the frame's format to the encoder's");
  }
  // The numbers of swscale's matrices are H.273's.
  sws_setColorspaceDetails(context, sws_getCoefficients(matrix), full_range,
                           sws_getCoefficients(EffectiveMatrix(color.matrix)), IsFullRange(color), 0, 1 << 16,
                           1 << 16);
  return Status::Ok();
}

Status EncoderInputConverter::State::ScaleForeign(const Picture& picture, const Rect& visible, const ColorSpace& from,
                                                  AVFramePtr* out) {
  Source source;
  MakeForeignSource(picture, &source);
  const bool crop = visible.width != source.width || visible.height != source.height;
  *out = crop ? AllocatePoolFrame(format, source.width, source.height) : AllocatePoolFrame(format, width, height);
  if (!*out) return OutOfMemory();
  (*out)->format = AvFormatFor(format, EffectiveMatrix(color.matrix));
  const int matrix = AgreedMatrix(from.matrix, color.matrix);
  Status status = Scale(source, matrix, IsFullRange(from), out->get());
  if (!status.ok() || !crop) return status;
  // First to the encoder's format in the coded size, then as any other frame.
  const PicturePtr whole = Picture::FromAVFrame(std::move(*out));
  return Convert(whole, format, visible, color, out);
}

void EncoderInputConverter::State::SetColor(AVFrame* out) const {
  out->colorspace = static_cast<AVColorSpace>(color.matrix);
  out->color_primaries = static_cast<AVColorPrimaries>(color.primaries);
  out->color_trc = static_cast<AVColorTransferCharacteristic>(color.transfer);
  out->color_range = IsFullRange(color) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

EncoderInputConverter::EncoderInputConverter() : state_(std::make_unique<State>()) {}
EncoderInputConverter::~EncoderInputConverter() = default;

void EncoderInputConverter::Configure(int width, int height, PixelFormat format, const ColorSpace& color) {
  state_->width = width;
  state_->height = height;
  state_->format = format;
  state_->color = color;
}

Status EncoderInputConverter::Convert(const PicturePtr& picture, PixelFormat source_format, const Rect& visible,
                                      const ColorSpace& color, AVFramePtr* out) {
  Status status = state_->Convert(picture, source_format, visible, color, out);
  if (status.ok()) state_->SetColor(out->get());
  return status;
}

}  // namespace webcodecs
