#include "audio/channel_layout.h"

namespace webcodecs {

AVChannelLayout DefaultLayout(int channels) {
  switch (channels) {
    case 3:
      return AV_CHANNEL_LAYOUT_SURROUND;
    case 4:
      return AV_CHANNEL_LAYOUT_QUAD;
    default: {
      AVChannelLayout layout{};
      av_channel_layout_default(&layout, channels);
      return layout;
    }
  }
}

AVChannelLayout CodecLayout(const std::string& codec, int channels) {
  // Of four channels AAC's configuration 4 has one in front and one behind.
  if (codec == "aac" && channels == 4) return AV_CHANNEL_LAYOUT_4POINT0;
  return DefaultLayout(channels);
}

const int* VorbisOrder(int channels) {
  static constexpr int kOrder[kMaxCodecChannels][kMaxCodecChannels] = {
      {0},
      {0, 1},
      {0, 2, 1},
      {0, 1, 2, 3},
      {0, 2, 1, 3, 4},
      {0, 2, 1, 4, 5, 3},
      {0, 2, 1, 5, 6, 4, 3},
      {0, 2, 1, 6, 7, 4, 5, 3},
  };
  return kOrder[channels - 1];
}

}  // namespace webcodecs
