// VideoFrame.copyTo() with a format: our own function for YUV where the processor has it, else libyuv's; rows of floats
// for the rest.
#include <libyuv.h>

#include <algorithm>
#include <cstring>

#include "media/color_transform.h"
#include "media/convert.h"
#include "media/copy.h"
#include "media/float_rows.h"
#include "media/yuv_to_rgb.h"

namespace webcodecs {
namespace {

using Constants = libyuv::YuvConstants;

// libyuv's shapes of functions, one per kind of format. `Sample` is uint8_t or uint16_t, strides count samples.
template <typename Sample>
using ToArgb = int (*)(const Sample*, int, const Sample*, int, const Sample*, int, uint8_t*, int, const Constants*, int,
                       int);
template <typename Sample>
using AlphaToArgb = int (*)(const Sample*, int, const Sample*, int, const Sample*, int, const Sample*, int, uint8_t*,
                            int, const Constants*, int, int, int);

template <typename Sample>
struct LibyuvPath {
  PixelFormat format;
  ToArgb<Sample> convert;
  PixelFormat alpha_format;  // the same layout with an alpha plane
  AlphaToArgb<Sample> convert_alpha;  // null where libyuv has none
};

// Chroma is repeated rather than interpolated: what Chromium does for copyTo(), and twice as fast.
constexpr LibyuvPath<uint8_t> kPaths8[] = {
    {PixelFormat::kI420, libyuv::I420ToARGBMatrix, PixelFormat::kI420A, libyuv::I420AlphaToARGBMatrix},
    {PixelFormat::kI422, libyuv::I422ToARGBMatrix, PixelFormat::kI422A, libyuv::I422AlphaToARGBMatrix},
    {PixelFormat::kI444, libyuv::I444ToARGBMatrix, PixelFormat::kI444A, libyuv::I444AlphaToARGBMatrix},
};
constexpr LibyuvPath<uint16_t> kPaths16[] = {
    {PixelFormat::kI420P10, libyuv::I010ToARGBMatrix, PixelFormat::kI420AP10, libyuv::I010AlphaToARGBMatrix},
    {PixelFormat::kI422P10, libyuv::I210ToARGBMatrix, PixelFormat::kI422AP10, libyuv::I210AlphaToARGBMatrix},
    {PixelFormat::kI444P10, libyuv::I410ToARGBMatrix, PixelFormat::kI444AP10, libyuv::I410AlphaToARGBMatrix},
    {PixelFormat::kI420P12, libyuv::I012ToARGBMatrix, PixelFormat::kI420AP12, nullptr},
};

struct ConstantsPair {
  const Constants* yuv;  // writes B, G, R, A
  const Constants* yvu;  // with U and V exchanged, writes R, G, B, A
};

// Null members where libyuv has no constants for the matrix.
ConstantsPair FindConstants(const ColorSpace& color) {
  const bool full = IsFullRange(color);
  switch (EffectiveMatrix(color.matrix)) {
    case kMatrixBt709:
      return full ? ConstantsPair{&libyuv::kYuvF709Constants, &libyuv::kYvuF709Constants}
                  : ConstantsPair{&libyuv::kYuvH709Constants, &libyuv::kYvuH709Constants};
    case kMatrixSmpte170m:
      return full ? ConstantsPair{&libyuv::kYuvJPEGConstants, &libyuv::kYvuJPEGConstants}
                  : ConstantsPair{&libyuv::kYuvI601Constants, &libyuv::kYvuI601Constants};
    case kMatrixBt2020Ncl:
      return full ? ConstantsPair{&libyuv::kYuvV2020Constants, &libyuv::kYvuV2020Constants}
                  : ConstantsPair{&libyuv::kYuv2020Constants, &libyuv::kYvu2020Constants};
    default:
      return {nullptr, nullptr};
  }
}

bool IsBlueFirst(PixelFormat format) { return format == PixelFormat::kBGRA || format == PixelFormat::kBGRX; }
bool IsOpaque(PixelFormat format) { return format == PixelFormat::kRGBX || format == PixelFormat::kBGRX; }

// One conversion: a picture, what its samples mean, and where its pixels go.
class RgbConversion {
 public:
  RgbConversion(const Picture& picture, PixelFormat source_format, const ColorSpace& color,
                const RgbDestination& destination)
      : picture_(picture),
        format_(source_format),
        info_(GetPixelFormatInfo(source_format)),
        color_(color),
        destination_(destination),
        blue_first_(IsBlueFirst(destination.format)),
        opaque_(IsOpaque(destination.format) || !info_.has_alpha) {}

  Status Run(const Rect& rect) {
    const auto transform = ColorTransform::Find(color_, destination_.display_p3);
    if (transform) return RunFloat(rect, transform.get());
    if (info_.is_rgb) return RunRgb(rect);
    if (EffectiveMatrix(color_.matrix) == kMatrixRgb) {
      if (info_.bit_depth == 8 && info_.planes[1].sample_width == 1 && IsFullRange(color_)) return RunPlanarRgb(rect);
      return RunFloat(rect, nullptr);
    }
    return FindPath() ? RunYuv(rect) : RunFloat(rect, nullptr);
  }

 private:
  uint8_t* DestinationRow(int row) const {
    return destination_.data + static_cast<ptrdiff_t>(row) * destination_.stride;
  }

  template <typename Sample = uint8_t>
  const Sample* Source(int plane, int x, int y) const {
    const PlaneInfo& shape = info_.planes[plane];
    const ptrdiff_t row = y / shape.sample_height;
    return reinterpret_cast<const Sample*>(picture_.data(plane) + row * picture_.stride(plane) +
                                           static_cast<ptrdiff_t>(x / shape.sample_width) * shape.sample_bytes);
  }

  Status RunFloat(const Rect& rect, const ColorTransform* transform) const {
    const FloatRowReader reader(picture_, format_, color_);
    FloatRow row(rect.width);
    for (int y = 0; y < rect.height; y++) {
      reader.Read(rect.x, rect.y + y, rect.width, &row);
      if (transform)
        transform->Store(row, rect.width, blue_first_, opaque_, DestinationRow(y));
      else
        StoreRgb8(row, rect.width, blue_first_, opaque_, DestinationRow(y));
    }
    return Status::Ok();
  }

  Status RunRgb(const Rect& rect) const {
    const bool swap = IsBlueFirst(format_) != blue_first_;
    for (int y = 0; y < rect.height; y++) {
      const uint8_t* source = Source(0, rect.x, rect.y + y);
      uint8_t* target = DestinationRow(y);
      if (swap)
        libyuv::ABGRToARGB(source, 0, target, 0, rect.width, 1);
      else
        std::memcpy(target, source, static_cast<size_t>(rect.width) * 4);
      if (opaque_) SetAlpha(target, rect.width);
    }
    return Status::Ok();
  }

  static void SetAlpha(uint8_t* pixels, int width) {
    constexpr uint8_t kAlphaBytes[4] = {0, 0, 0, 255};
    uint32_t alpha, pixel;
    std::memcpy(&alpha, kAlphaBytes, sizeof(alpha));
    for (int i = 0; i < width; i++) {
      std::memcpy(&pixel, pixels + 4 * i, sizeof(pixel));
      pixel |= alpha;
      std::memcpy(pixels + 4 * i, &pixel, sizeof(pixel));
    }
  }

  // The planes are G, B, R (H.273, MatrixCoefficients 0).
  Status RunPlanarRgb(const Rect& rect) const {
    const int red = blue_first_ ? 2 : 1, blue = blue_first_ ? 1 : 2;
    libyuv::MergeARGBPlane(Source(red, rect.x, rect.y), picture_.stride(red), Source(0, rect.x, rect.y),
                           picture_.stride(0), Source(blue, rect.x, rect.y), picture_.stride(blue),
                           opaque_ ? nullptr : Source(3, rect.x, rect.y), opaque_ ? 0 : picture_.stride(3),
                           destination_.data, destination_.stride, rect.width, rect.height);
    return Status::Ok();
  }

  bool FindPath() {
    if (EffectiveMatrix(color_.matrix) == kMatrixYcgco) return false;
    row_ = GetYuvToRgbRowAvx2(format_);
    if (row_) {
      factors_ = GetYuvToRgbFactors(color_, info_.bit_depth);
      return true;
    }
    const ConstantsPair constants = FindConstants(color_);
    constants_ = blue_first_ ? constants.yuv : constants.yvu;
    if (!constants_) return false;
    if (format_ == PixelFormat::kNV12) return true;
    for (const auto& path : kPaths8) {
      if (path.format == format_ || path.alpha_format == format_) path8_ = &path;
    }
    for (const auto& path : kPaths16) {
      const bool alpha = path.alpha_format == format_ && (opaque_ || path.convert_alpha);
      if (path.format == format_ || alpha) path16_ = &path;
    }
    return path8_ || path16_;
  }

  // The functions take two rows and two columns to share each chroma sample, beginning with the first. A rectangle that
  // begins in the middle of such a pair is converted with its first row apart, or from one column further left.
  Status RunYuv(const Rect& rect) const {
    const PlaneInfo& chroma = info_.planes[1];
    if (chroma.sample_height == 2 && rect.y % 2 != 0 && rect.height > 1) {
      Status status = RunColumns({rect.x, rect.y, rect.width, 1}, destination_.data);
      if (!status.ok()) return status;
      return RunColumns({rect.x, rect.y + 1, rect.width, rect.height - 1}, DestinationRow(1));
    }
    return RunColumns(rect, destination_.data);
  }

  Status RunColumns(const Rect& rect, uint8_t* target) const {
    if (info_.planes[1].sample_width == 1 || rect.x % 2 == 0)
      return CallPath(rect.x, rect.y, rect.width, rect.height, target, destination_.stride);
    constexpr int kRows = 16;
    const int wide_stride = (rect.width + 1) * 4;
    PoolBufferPtr wide = FramePool::Global().Acquire(static_cast<size_t>(wide_stride) * kRows, AllocationKind::kScratch);
    if (!wide) return Status(StatusCode::kOutOfMemory, "No memory for a conversion");
    for (int y = 0; y < rect.height; y += kRows) {
      const int rows = std::min(kRows, rect.height - y);
      Status status = CallPath(rect.x - 1, rect.y + y, rect.width + 1, rows, wide->data(), wide_stride);
      if (!status.ok()) return status;
      CopyPlane(wide->data() + 4, wide_stride, target + static_cast<ptrdiff_t>(y) * destination_.stride,
                destination_.stride, static_cast<size_t>(rect.width) * 4, rows);
    }
    return Status::Ok();
  }

  Status CallPath(int x, int y, int width, int height, uint8_t* target, int stride) const {
    if (row_) {
      for (int i = 0; i < height; i++) {
        const bool interleaved = format_ == PixelFormat::kNV12;
        const YuvRow row{Source(0, x, y + i), Source(1, x, y + i), interleaved ? nullptr : Source(2, x, y + i),
                         opaque_ ? nullptr : Source(3, x, y + i)};
        row_(row, width, factors_, blue_first_, target + static_cast<ptrdiff_t>(i) * stride);
      }
      return Status::Ok();
    }
    int result;
    if (path8_)
      result = CallLibyuv(*path8_, x, y, width, height, target, stride);
    else if (path16_)
      result = CallLibyuv(*path16_, x, y, width, height, target, stride);
    else
      result = (blue_first_ ? libyuv::NV12ToARGBMatrix : libyuv::NV21ToARGBMatrix)(
          Source(0, x, y), picture_.stride(0), Source(1, x, y), picture_.stride(1), target, stride, constants_, width,
          height);
    return result == 0 ? Status::Ok() : Status(StatusCode::kInternal, "libyuv refused a conversion");
  }

  template <typename Sample>
  int CallLibyuv(const LibyuvPath<Sample>& path, int x, int y, int width, int height, uint8_t* target,
               int stride) const {
    const auto samples = [](int bytes) { return bytes / static_cast<int>(sizeof(Sample)); };
    const int u = blue_first_ ? 1 : 2, v = blue_first_ ? 2 : 1;
    if (opaque_) {
      return path.convert(Source<Sample>(0, x, y), samples(picture_.stride(0)), Source<Sample>(u, x, y),
                          samples(picture_.stride(u)), Source<Sample>(v, x, y), samples(picture_.stride(v)), target,
                          stride, constants_, width, height);
    }
    return path.convert_alpha(Source<Sample>(0, x, y), samples(picture_.stride(0)), Source<Sample>(u, x, y),
                              samples(picture_.stride(u)), Source<Sample>(v, x, y), samples(picture_.stride(v)),
                              Source<Sample>(3, x, y), samples(picture_.stride(3)), target, stride, constants_, width,
                              height, /*attenuate=*/0);
  }

  const Picture& picture_;
  const PixelFormat format_;
  const PixelFormatInfo& info_;
  const ColorSpace color_;
  const RgbDestination destination_;
  const bool blue_first_;
  const bool opaque_;  // the alpha byte is 255 throughout

  // The way that FindPath found: our own function, or one of libyuv's and its constants.
  YuvToRgbRow row_ = nullptr;
  YuvToRgbFactors factors_{};
  const Constants* constants_ = nullptr;
  const LibyuvPath<uint8_t>* path8_ = nullptr;
  const LibyuvPath<uint16_t>* path16_ = nullptr;
};

}  // namespace

Status ConvertToRgb(const Picture& picture, PixelFormat source_format, const Rect& rect, const ColorSpace& color,
                    const RgbDestination& destination) {
  if (rect.width <= 0 || rect.height <= 0) return Status::Ok();
  return RgbConversion(picture, source_format, color, destination).Run(rect);
}

int64_t EstimateConvertToRgbMicros(PixelFormat source_format, const Rect& rect, const ColorSpace& color,
                                   bool display_p3) {
  // Nanoseconds for a pixel: for the fast ways twice what 1080p pictures took on one core of 2023, as the destination is
  // often new memory.
  const int matrix = EffectiveMatrix(color.matrix);
  const bool is_yuv = !GetPixelFormatInfo(source_format).is_rgb;
  double nanoseconds = 0.4;
  if (ColorTransform::Find(color, display_p3))
    nanoseconds = 10;
  else if (is_yuv && (matrix == kMatrixRgb || matrix == kMatrixYcgco))
    nanoseconds = 8;
  return static_cast<int64_t>(nanoseconds * rect.width * rect.height / 1000);
}

}  // namespace webcodecs
