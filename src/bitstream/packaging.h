// How packets and parameter sets leave an encoder, codec by codec, as the codec registrations have it.
#pragma once

#include <cstdint>
#include <vector>

#include "media/frame_pool.h"
#include "plan/video_encoder_plan.h"
#include "util/status.h"

namespace webcodecs {

// The bytes of an EncodedVideoChunk from those of a packet. Null when memory is out.
PoolBufferPtr PackagePacket(const VideoEncoderConfig& config, const uint8_t* data, int size, bool key);

// VideoDecoderConfig.description from the encoder's parameter sets; empty where the registration has none.
Status MakeDescription(const VideoEncoderConfig& config, std::vector<uint8_t> parameter_sets,
                       std::vector<uint8_t>* description);

}  // namespace webcodecs
