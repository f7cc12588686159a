#include "media/pixel_format.h"

namespace webcodecs {
namespace {

// Plane shapes: full resolution, and halved in one or both directions; 1 byte a sample, or 2 above 8 bits.
constexpr PlaneInfo kFull8{1, 1, 1}, kFull16{2, 1, 1};
constexpr PlaneInfo kHalf8{1, 2, 2}, kHalf16{2, 2, 2};
constexpr PlaneInfo kHalfWidth8{1, 2, 1}, kHalfWidth16{2, 2, 1};
constexpr PlaneInfo kInterleavedHalf8{2, 2, 2};
constexpr PlaneInfo kPacked{4, 1, 1};
constexpr PlaneInfo kNone{0, 1, 1};

// In the order of the enum. FFmpeg has no 4:2:0 with alpha at 12 bits.
constexpr PixelFormatInfo kFormats[] = {
    {"I420", AV_PIX_FMT_YUV420P, 8, false, false, 3, {kFull8, kHalf8, kHalf8, kNone}},
    {"I420P10", AV_PIX_FMT_YUV420P10, 10, false, false, 3, {kFull16, kHalf16, kHalf16, kNone}},
    {"I420P12", AV_PIX_FMT_YUV420P12, 12, false, false, 3, {kFull16, kHalf16, kHalf16, kNone}},
    {"I420A", AV_PIX_FMT_YUVA420P, 8, false, true, 4, {kFull8, kHalf8, kHalf8, kFull8}},
    {"I420AP10", AV_PIX_FMT_YUVA420P10, 10, false, true, 4, {kFull16, kHalf16, kHalf16, kFull16}},
    {"I420AP12", AV_PIX_FMT_NONE, 12, false, true, 4, {kFull16, kHalf16, kHalf16, kFull16}},
    {"I422", AV_PIX_FMT_YUV422P, 8, false, false, 3, {kFull8, kHalfWidth8, kHalfWidth8, kNone}},
    {"I422P10", AV_PIX_FMT_YUV422P10, 10, false, false, 3, {kFull16, kHalfWidth16, kHalfWidth16, kNone}},
    {"I422P12", AV_PIX_FMT_YUV422P12, 12, false, false, 3, {kFull16, kHalfWidth16, kHalfWidth16, kNone}},
    {"I422A", AV_PIX_FMT_YUVA422P, 8, false, true, 4, {kFull8, kHalfWidth8, kHalfWidth8, kFull8}},
    {"I422AP10", AV_PIX_FMT_YUVA422P10, 10, false, true, 4, {kFull16, kHalfWidth16, kHalfWidth16, kFull16}},
    {"I422AP12", AV_PIX_FMT_YUVA422P12, 12, false, true, 4, {kFull16, kHalfWidth16, kHalfWidth16, kFull16}},
    {"I444", AV_PIX_FMT_YUV444P, 8, false, false, 3, {kFull8, kFull8, kFull8, kNone}},
    {"I444P10", AV_PIX_FMT_YUV444P10, 10, false, false, 3, {kFull16, kFull16, kFull16, kNone}},
    {"I444P12", AV_PIX_FMT_YUV444P12, 12, false, false, 3, {kFull16, kFull16, kFull16, kNone}},
    {"I444A", AV_PIX_FMT_YUVA444P, 8, false, true, 4, {kFull8, kFull8, kFull8, kFull8}},
    {"I444AP10", AV_PIX_FMT_YUVA444P10, 10, false, true, 4, {kFull16, kFull16, kFull16, kFull16}},
    {"I444AP12", AV_PIX_FMT_YUVA444P12, 12, false, true, 4, {kFull16, kFull16, kFull16, kFull16}},
    {"NV12", AV_PIX_FMT_NV12, 8, false, false, 2, {kFull8, kInterleavedHalf8, kNone, kNone}},
    {"RGBA", AV_PIX_FMT_RGBA, 8, true, true, 1, {kPacked, kNone, kNone, kNone}},
    {"RGBX", AV_PIX_FMT_RGB0, 8, true, false, 1, {kPacked, kNone, kNone, kNone}},
    {"BGRA", AV_PIX_FMT_BGRA, 8, true, true, 1, {kPacked, kNone, kNone, kNone}},
    {"BGRX", AV_PIX_FMT_BGR0, 8, true, false, 1, {kPacked, kNone, kNone, kNone}},
};
static_assert(sizeof(kFormats) / sizeof(kFormats[0]) == static_cast<size_t>(PixelFormat::kCount),
              "one row per pixel format");

// Names of FFmpeg's for what the specification calls by another one. Planar RGB is 4:4:4 with the matrix "rgb": its
// planes are G, B, R, as H.273 lays them out.
struct Alias {
  AVPixelFormat av_format;
  PixelFormat format;
};
constexpr Alias kAliases[] = {
    {AV_PIX_FMT_YUVJ420P, PixelFormat::kI420},    {AV_PIX_FMT_YUVJ422P, PixelFormat::kI422},
    {AV_PIX_FMT_YUVJ444P, PixelFormat::kI444},    {AV_PIX_FMT_GBRP, PixelFormat::kI444},
    {AV_PIX_FMT_GBRP10, PixelFormat::kI444P10},   {AV_PIX_FMT_GBRP12, PixelFormat::kI444P12},
    {AV_PIX_FMT_GBRAP, PixelFormat::kI444A},      {AV_PIX_FMT_GBRAP10, PixelFormat::kI444AP10},
    {AV_PIX_FMT_GBRAP12, PixelFormat::kI444AP12},
};

}  // namespace

const PixelFormatInfo& GetPixelFormatInfo(PixelFormat format) { return kFormats[static_cast<int>(format)]; }

PixelFormat PixelFormatFromAv(AVPixelFormat format) {
  if (format == AV_PIX_FMT_NONE) return PixelFormat::kUnknown;
  for (int i = 0; i < static_cast<int>(PixelFormat::kCount); i++) {
    if (kFormats[i].av_format == format) return static_cast<PixelFormat>(i);
  }
  for (const Alias& alias : kAliases) {
    if (alias.av_format == format) return alias.format;
  }
  return PixelFormat::kUnknown;
}

}  // namespace webcodecs
