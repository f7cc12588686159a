#include "image/icc.h"

#if WITH_LCMS2
#include <lcms2.h>

#include <cmath>
#include <optional>

#include "media/picture.h"

namespace webcodecs {
namespace {

struct ProfileDeleter {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using ProfilePtr = std::unique_ptr<void, ProfileDeleter>;

struct TransformDeleter {
  void operator()(void* transform) const { cmsDeleteTransform(transform); }
};

// Red, green and blue of a colour space as profiles tell them: XYZ, adapted to D50.
struct NamedPrimaries {
  int code_point;
  double xyz[3][3];
};
constexpr NamedPrimaries kPrimaries[] = {
    {1, {{0.4360, 0.2225, 0.0139}, {0.3851, 0.7169, 0.0971}, {0.1431, 0.0606, 0.7141}}},
    {12, {{0.5151, 0.2412, -0.0011}, {0.2920, 0.6922, 0.0419}, {0.1571, 0.0666, 0.7841}}},
    {9, {{0.6734, 0.2790, -0.0019}, {0.1656, 0.6753, 0.0300}, {0.1251, 0.0456, 0.7969}}},
};

double SrgbToLinear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
double Bt709ToLinear(double v) { return v < 0.081 ? v / 4.5 : std::pow((v + 0.099) / 1.099, 1 / 0.45); }
double Linear(double v) { return v; }

struct NamedTransfer {
  int code_point;
  double (*to_linear)(double);
};
constexpr NamedTransfer kTransfers[] = {{13, SrgbToLinear}, {1, Bt709ToLinear}, {8, Linear}};

constexpr cmsTagSignature kColorants[] = {cmsSigRedColorantTag, cmsSigGreenColorantTag, cmsSigBlueColorantTag};
constexpr cmsTagSignature kCurves[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};

std::optional<int> FindPrimaries(cmsHPROFILE profile) {
  constexpr double kTolerance = 0.002;
  for (const NamedPrimaries& named : kPrimaries) {
    bool same = true;
    for (int i = 0; i < 3; i++) {
      const auto* xyz = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, kColorants[i]));
      if (!xyz) return std::nullopt;
      const double got[3] = {xyz->X, xyz->Y, xyz->Z};
      for (int j = 0; j < 3; j++) same &= std::abs(got[j] - named.xyz[i][j]) < kTolerance;
    }
    if (same) return named.code_point;
  }
  return std::nullopt;
}

std::optional<int> FindTransfer(cmsHPROFILE profile) {
  constexpr double kTolerance = 0.003;
  constexpr int kSteps = 32;
  for (const NamedTransfer& named : kTransfers) {
    bool same = true;
    for (const cmsTagSignature tag : kCurves) {
      const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, tag));
      if (!curve) return std::nullopt;
      for (int i = 0; i <= kSteps; i++) {
        const float v = static_cast<float>(i) / kSteps;
        same &= std::abs(cmsEvalToneCurveFloat(curve, v) - named.to_linear(v)) < kTolerance;
      }
    }
    if (same) return named.code_point;
  }
  return std::nullopt;
}

// Whatever the frame is, to BGRA of its own primaries and transfer.
Status ToBgra(ImageOutput* output) {
  const PixelFormat format = PixelFormatFromAv(static_cast<AVPixelFormat>(output->frame->format));
  if (format == PixelFormat::kBGRA) return Status::Ok();
  const int width = output->frame->width, height = output->frame->height;
  AVFramePtr to = AllocatePoolFrame(PixelFormat::kBGRA, width, height);
  const std::shared_ptr<Picture> from = Picture::FromAVFrame(std::move(output->frame));
  if (!to || !from) return Status(StatusCode::kOutOfMemory, "out of memory");
  // Named as the target is, so that only the matrix and the range change.
  const ColorSpace color{kSrgb.primaries, kSrgb.transfer, output->color.matrix, output->color.full_range};
  const RgbDestination destination{to->data[0], to->linesize[0], PixelFormat::kBGRA, false};
  if (Status status = ConvertToRgb(*from, format, {0, 0, width, height}, color, destination); !status.ok()) return status;
  output->frame = std::move(to);
  return Status::Ok();
}

Status ConvertToSrgb(cmsHPROFILE profile, ImageOutput* output) {
  const ProfilePtr srgb(cmsCreate_sRGBProfile());
  const std::unique_ptr<void, TransformDeleter> transform(cmsCreateTransform(
      profile, TYPE_BGRA_8, srgb.get(), TYPE_BGRA_8, INTENT_PERCEPTUAL, cmsFLAGS_COPY_ALPHA));
  if (!transform) return Status::Ok();
  if (Status status = ToBgra(output); !status.ok()) return status;
  // A frame of a decoder's may have other owners.
  if (av_frame_make_writable(output->frame.get()) < 0) return Status(StatusCode::kOutOfMemory, "out of memory");
  const AVFrame& frame = *output->frame;
  cmsDoTransformLineStride(transform.get(), frame.data[0], frame.data[0], static_cast<cmsUInt32Number>(frame.width),
                           static_cast<cmsUInt32Number>(frame.height), static_cast<cmsUInt32Number>(frame.linesize[0]),
                           static_cast<cmsUInt32Number>(frame.linesize[0]), 0, 0);
  output->color = kSrgb;
  return Status::Ok();
}

}  // namespace

Status ApplyIccProfile(ImageOutput* output) {
  const ProfilePtr profile(cmsOpenProfileFromMem(output->icc.data(), static_cast<cmsUInt32Number>(output->icc.size())));
  if (!profile || cmsGetColorSpace(profile.get()) != cmsSigRgbData) return Status::Ok();
  const std::optional<int> primaries = FindPrimaries(profile.get()), transfer = FindTransfer(profile.get());
  if (primaries && transfer) {
    output->color.primaries = *primaries;
    output->color.transfer = *transfer;
    return Status::Ok();
  }
  return ConvertToSrgb(profile.get(), output);
}

}  // namespace webcodecs

#else

namespace webcodecs {

Status ApplyIccProfile(ImageOutput*) { return Status::Ok(); }

}  // namespace webcodecs
#endif
