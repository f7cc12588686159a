// Prints, in microseconds, what the conversion of a 1080p I420 picture to RGBA takes: by libyuv's function for it, and by
// ours. 12 pictures in rotation, the two in turn, the same buffers for both; medians of single calls.
#include <libyuv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "media/convert.h"

using namespace webcodecs;

namespace {

constexpr int kWidth = 1920, kHeight = 1080, kPictures = 12, kRounds = 60;

template <typename Work>
double Micros(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// The first quarter warms up.
double Median(std::vector<double> times) {
  times.erase(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 4));
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

PicturePtr MakePicture(int seed) {
  AVFramePtr frame = AllocatePoolFrame(PixelFormat::kI420, kWidth, kHeight);
  for (int plane = 0; plane < 3; plane++) {
    const int rows = plane ? kHeight / 2 : kHeight;
    for (int i = 0; i < rows * frame->linesize[plane]; i++)
      frame->data[plane][i] = static_cast<uint8_t>(i * 7 + (i >> 9) + seed);
  }
  return Picture::FromPoolFrame(PixelFormat::kI420, std::move(frame));
}

}  // namespace

int main() {
  std::vector<PicturePtr> pictures;
  for (int i = 0; i < kPictures; i++) pictures.push_back(MakePicture(i));
  std::vector<uint8_t> rgba(static_cast<size_t>(kWidth) * kHeight * 4, 1);
  const ColorSpace bt709{1, 1, kMatrixBt709, 0};
  std::vector<double> libyuv_times, our_times;
  for (int round = 0; round < kRounds; round++) {
    for (const PicturePtr& picture : pictures) {
      libyuv_times.push_back(Micros([&] {
        // U and V exchanged, with the constants for that: libyuv then writes R, G, B, A.
        libyuv::I420ToARGBMatrix(picture->data(0), picture->stride(0), picture->data(2), picture->stride(2),
                                 picture->data(1), picture->stride(1), rgba.data(), kWidth * 4,
                                 &libyuv::kYvuH709Constants, kWidth, kHeight);
      }));
    }
    for (const PicturePtr& picture : pictures) {
      our_times.push_back(Micros([&] {
        const Status status = ConvertToRgb(*picture, PixelFormat::kI420, {0, 0, kWidth, kHeight}, bt709,
                                           {rgba.data(), kWidth * 4, PixelFormat::kRGBA, false});
        if (!status.ok()) std::abort();
      }));
    }
  }
  std::printf("{\"libyuv\": %.1f, \"ours\": %.1f}\n", Median(libyuv_times), Median(our_times));
}
