// HEVC byte streams: Annex B (ITU-T H.265) and length-prefixed with hvcC (ISO/IEC 14496-15).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/frame_pool.h"

namespace webcodecs::hevc {

// Says of every VPS and SPS in an Annex B byte stream, in place, that it is of the High tier, if it is to be, and that
// no frames are packed, which codec strings commonly say ("B0") and x265 leaves open.
void CompleteProfile(uint8_t* data, size_t size, bool high_tier);

// An HEVCDecoderConfigurationRecord with 4-byte lengths; empty unless there are VPS, SPS and PPS among the parameter sets.
std::vector<uint8_t> MakeHvcC(const uint8_t* parameter_sets, size_t size);

// Annex B to 4-byte length prefixes, parameter sets and access unit delimiters left out. Null when memory is out.
PoolBufferPtr AnnexBToLengthPrefixed(const uint8_t* data, size_t size);

}  // namespace webcodecs::hevc
