#include "image/output_format.h"

#include <libyuv.h>

#include <utility>

#include "image/icc.h"

namespace webcodecs {
namespace {

Status OutOfMemory() { return Status(StatusCode::kOutOfMemory, "out of memory"); }

bool IsPlanarRgb8(int format) { return format == AV_PIX_FMT_GBRP || format == AV_PIX_FMT_GBRAP; }

// The planes are G, B, R and perhaps A.
void MergePlanes(const AVFrame& from, const AVFrame& to) {
  const bool has_alpha = from.format == AV_PIX_FMT_GBRAP;
  libyuv::MergeARGBPlane(from.data[2], from.linesize[2], from.data[0], from.linesize[0], from.data[1],
                         from.linesize[1], has_alpha ? from.data[3] : nullptr, has_alpha ? from.linesize[3] : 0,
                         to.data[0], to.linesize[0], to.width, to.height);
}

// What libyuv converts to BGRA, faster than swscale and to the same bytes.
struct LibyuvConversion {
  int format;
  int (*convert)(const uint8_t* source, int source_stride, uint8_t* target, int target_stride, int width, int height);
};
constexpr LibyuvConversion kLibyuvConversions[] = {
    {AV_PIX_FMT_RGB24, libyuv::RAWToARGB},
    {AV_PIX_FMT_BGR24, libyuv::RGB24ToARGB},
    {AV_PIX_FMT_RGBA, libyuv::ABGRToARGB},
    {AV_PIX_FMT_GRAY8, libyuv::J400ToARGB},
};

bool ConvertByLibyuv(const AVFrame& from, const AVFrame& to) {
  for (const LibyuvConversion& conversion : kLibyuvConversions) {
    if (conversion.format != from.format) continue;
    return conversion.convert(from.data[0], from.linesize[0], to.data[0], to.linesize[0], to.width, to.height) == 0;
  }
  return false;
}

// Formats of 16 bits, big-endian, that swscale does not round to the nearest. Where there are one or two channels, the
// first is grey; the second and the fourth are alpha.
int Channels16(int format) {
  switch (format) {
    case AV_PIX_FMT_GRAY16BE:
      return 1;
    case AV_PIX_FMT_YA16BE:
      return 2;
    case AV_PIX_FMT_RGB48BE:
      return 3;
    case AV_PIX_FMT_RGBA64BE:
      return 4;
    default:
      return 0;
  }
}

void Reduce16(const AVFrame& from, int channels, const AVFrame& to) {
  const bool is_color = channels >= 3;
  for (int y = 0; y < to.height; y++) {
    const uint8_t* source = from.data[0] + static_cast<ptrdiff_t>(y) * from.linesize[0];
    uint8_t* target = to.data[0] + static_cast<ptrdiff_t>(y) * to.linesize[0];
    for (int x = 0; x < to.width; x++, source += 2 * channels, target += 4) {
      const auto sample = [source](int c) { return static_cast<uint8_t>((Read16BE(source + 2 * c) + 128u) / 257u); };
      target[0] = sample(is_color ? 2 : 0);
      target[1] = sample(is_color ? 1 : 0);
      target[2] = sample(0);
      target[3] = channels % 2 == 0 ? sample(channels - 1) : 255;
    }
  }
}

Status ConvertBySwscale(const AVFrame& from, const AVFrame& to) {
  SwsContextPtr context(sws_alloc_context());
  if (!context) return OutOfMemory();
  void* const options = context.get();
  av_opt_set_int(options, "srcw", from.width, 0);
  av_opt_set_int(options, "srch", from.height, 0);
  av_opt_set_int(options, "src_format", from.format, 0);
  av_opt_set_int(options, "dstw", to.width, 0);
  av_opt_set_int(options, "dsth", to.height, 0);
  av_opt_set_int(options, "dst_format", to.format, 0);
  av_opt_set_int(options, "sws_flags", SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, 0);
  // Images are of full range, and those that are YCbCr have JPEG's matrix.
  const int* coefficients = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(context.get(), coefficients, 1, coefficients, 1, 0, 1 << 16, 1 << 16);
  if (const int result = sws_init_context(context.get(), nullptr, nullptr); result < 0)
    return Status::FromAv(StatusCode::kEncoding, "the image's pixels cannot be converted", result);
  const int rows = sws_scale(context.get(), from.data, from.linesize, 0, from.height, to.data, to.linesize);
  return rows == to.height ? Status::Ok() : BadImage("the image's pixels cannot be converted");
}

int64_t Scaled(int value, int to, int from) { return (int64_t{value} * to + from / 2) / from; }

void ScaleBgra(const AVFrame& from, const AVFrame& to, const AVFrame* premultiplied) {
  // Transparent pixels must not colour their neighbours.
  if (premultiplied)
    libyuv::ARGBAttenuate(from.data[0], from.linesize[0], premultiplied->data[0], premultiplied->linesize[0],
                          from.width, from.height);
  const AVFrame& source = premultiplied ? *premultiplied : from;
  libyuv::ARGBScale(source.data[0], source.linesize[0], from.width, from.height, to.data[0], to.linesize[0], to.width,
                    to.height, libyuv::kFilterBox);
  if (premultiplied)
    libyuv::ARGBUnattenuate(to.data[0], to.linesize[0], to.data[0], to.linesize[0], to.width, to.height);
}

void ScalePlanes(const AVFrame& from, const AVFrame& to, const PixelFormatInfo& info) {
  for (int i = 0; i < info.plane_count; i++) {
    const PlaneInfo& plane = info.planes[i];
    const int from_width = PlaneWidth(plane, from.width), from_height = PlaneHeight(plane, from.height);
    const int to_width = PlaneWidth(plane, to.width), to_height = PlaneHeight(plane, to.height);
    if (plane.sample_bytes == 1)
      libyuv::ScalePlane(from.data[i], from.linesize[i], from_width, from_height, to.data[i], to.linesize[i], to_width,
                         to_height, libyuv::kFilterBox);
    else
      libyuv::ScalePlane_16(reinterpret_cast<const uint16_t*>(from.data[i]), from.linesize[i] / 2, from_width,
                            from_height, reinterpret_cast<uint16_t*>(to.data[i]), to.linesize[i] / 2, to_width,
                            to_height, libyuv::kFilterBox);
  }
}

// `format` is one that PixelFormatFromAv gave for the frame.
Status Scale(int width, int height, PixelFormat format, AVFramePtr* frame) {
  const AVFrame& from = **frame;
  const PixelFormatInfo& info = GetPixelFormatInfo(format);
  AVFramePtr to = AllocatePoolFrame(format, width, height);
  if (!to) return OutOfMemory();
  if (info.is_rgb) {
    AVFramePtr premultiplied;
    if (info.has_alpha) {
      premultiplied = AllocatePoolFrame(format, from.width, from.height);
      if (!premultiplied) return OutOfMemory();
    }
    ScaleBgra(from, *to, premultiplied.get());
  } else {
    ScalePlanes(from, *to, info);
  }
  *frame = std::move(to);
  return Status::Ok();
}

// Whether the samples are those of a format of the specification, which images keep: YCbCr, and RGB of more than 8 bits.
bool KeepsFormat(const AVFrame& frame) {
  const PixelFormat format = PixelFormatFromAv(static_cast<AVPixelFormat>(frame.format));
  return format != PixelFormat::kUnknown && !GetPixelFormatInfo(format).is_rgb && !IsPlanarRgb8(frame.format);
}

bool HasAlpha(const AVFrame& frame) {
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (!descriptor || !(descriptor->flags & AV_PIX_FMT_FLAG_ALPHA)) return false;
  if (frame.format != AV_PIX_FMT_PAL8) return true;
  const auto* palette = reinterpret_cast<const uint32_t*>(frame.data[1]);
  for (int i = 0; i < 256; i++) {
    if (palette[i] >> 24 != 255) return true;
  }
  return false;
}

PixelFormat WithoutAlpha(PixelFormat format) {
  switch (format) {
    case PixelFormat::kBGRA:
      return PixelFormat::kBGRX;
    case PixelFormat::kI420A:
      return PixelFormat::kI420;
    case PixelFormat::kI422A:
      return PixelFormat::kI422;
    case PixelFormat::kI444A:
      return PixelFormat::kI444;
    default:
      return format;
  }
}

}  // namespace

Status ConvertToBgra(AVFramePtr* frame) {
  const AVFrame& from = **frame;
  if (from.format == AV_PIX_FMT_BGRA) return Status::Ok();
  AVFramePtr to = AllocatePoolFrame(PixelFormat::kBGRA, from.width, from.height);
  if (!to) return OutOfMemory();
  if (IsPlanarRgb8(from.format)) {
    MergePlanes(from, *to);
  } else if (const int channels = Channels16(from.format)) {
    Reduce16(from, channels, *to);
  } else if (!ConvertByLibyuv(from, *to)) {
    if (Status status = ConvertBySwscale(from, *to); !status.ok()) return status;
  }
  *frame = std::move(to);
  return Status::Ok();
}

Status FinishImage(ImageOutput output, const ImageOptions& options, FinishedImage* finished) {
  const bool opaque = output.opaque || !HasAlpha(*output.frame);
  if (!KeepsFormat(*output.frame)) {
    if (Status status = ConvertToBgra(&output.frame); !status.ok()) return status;
    output.color.matrix = kMatrixRgb;
    output.color.full_range = 1;
  }
  if (options.ignore_color) {
    output.color.primaries = kSrgb.primaries;
    output.color.transfer = kSrgb.transfer;
  } else if (!output.icc.empty()) {
    if (Status status = ApplyIccProfile(&output); !status.ok()) return status;
  }
  PixelFormat format = PixelFormatFromAv(static_cast<AVPixelFormat>(output.frame->format));
  if (opaque) format = WithoutAlpha(format);
  Rect visible = output.visible;
  if (visible.width <= 0 || visible.height <= 0) visible = {0, 0, output.frame->width, output.frame->height};
  if (options.desired_width > 0) {
    const bool turned = output.orientation >= 5;
    const int width = turned ? options.desired_height : options.desired_width;
    const int height = turned ? options.desired_width : options.desired_height;
    // The visible part gets the desired size.
    const int64_t coded_width = Scaled(output.frame->width, width, visible.width);
    const int64_t coded_height = Scaled(output.frame->height, height, visible.height);
    if (Status status = CheckImageSize(coded_width, coded_height); !status.ok()) return status;
    visible = {static_cast<int>(Scaled(visible.x, width, visible.width)),
               static_cast<int>(Scaled(visible.y, height, visible.height)), width, height};
    if (coded_width != output.frame->width || coded_height != output.frame->height) {
      const Status status = Scale(static_cast<int>(coded_width), static_cast<int>(coded_height), format, &output.frame);
      if (!status.ok()) return status;
    }
  }
  finished->picture = Picture::FromAVFrame(std::move(output.frame));
  if (!finished->picture) return OutOfMemory();
  finished->format = format;
  finished->visible = visible;
  finished->color = output.color;
  return Status::Ok();
}

}  // namespace webcodecs
