// H.264 byte streams: Annex B (ITU-T H.264) and length-prefixed with avcC (ISO/IEC 14496-15).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/frame_pool.h"

namespace webcodecs::h264 {

// constraint_set5_flag of the SPS's constraint byte: no B slices.
constexpr int kConstraintNoBSlices = 0x04;

// Sets constraint flags of every SPS in an Annex B byte stream, in place. The caller knows that they hold.
void AddConstraintFlags(uint8_t* data, size_t size, int flags);

// An AVCDecoderConfigurationRecord with 4-byte lengths; empty when there is no SPS or PPS among the parameter sets.
std::vector<uint8_t> MakeAvcC(const uint8_t* parameter_sets, size_t size);

// Annex B to 4-byte length prefixes, parameter sets and access unit delimiters left out. Null when memory is out.
PoolBufferPtr AnnexBToLengthPrefixed(const uint8_t* data, size_t size);

// How many frames may follow a frame in decoding order and precede it in output order, as the parameter sets in
// `data` (Annex B or an avcC) say or, where they do not, as H.264 E.2.1 infers it. Nothing without a valid SPS.
std::optional<int> MaxReorderFrames(const uint8_t* data, size_t size);

}  // namespace webcodecs::h264
