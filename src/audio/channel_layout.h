// Which speakers the channels of an AudioData stand for, which only has a number of them, and the order that Opus and
// Vorbis streams have them in.
#pragma once

#include <string>

extern "C" {
#include <libavutil/channel_layout.h>
}

namespace webcodecs {

constexpr int kMaxCodecChannels = 8;

// The layout of `channels` channels for sound that is remixed: 3 are left, right, centre; 4 are in the corners.
AVChannelLayout DefaultLayout(int channels);
// What `codec` (a name of NativeAudioCodec in lib/native/config.ts) calls a stream of so many channels.
AVChannelLayout CodecLayout(const std::string& codec, int channels);

// For each channel of an Opus stream of mapping family 1 (RFC 7845, section 5.1.1.2) which one it is in AudioData.
const int* VorbisOrder(int channels);

}  // namespace webcodecs
