// Frames of sound in pool memory.
#pragma once

#include "util/ffmpeg_raii.h"

namespace webcodecs {

// A frame for `samples` samples of each channel, uninitialised. Every plane is aligned, and has room to the next multiple
// of 32 samples, as those of av_frame_get_buffer(). Null when memory is out, or when there are too many channels.
AVFramePtr AllocatePoolSamples(AVSampleFormat format, const AVChannelLayout& layout, int sample_rate, int samples);

}  // namespace webcodecs
