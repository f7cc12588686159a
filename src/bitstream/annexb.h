// Byte streams with start codes (Annex B of H.264 and H.265), and the length-prefixed format of ISO/IEC 14496-15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/frame_pool.h"

namespace webcodecs {

struct NalUnit {
  const uint8_t* data;
  size_t size;
};

// The NAL units of a byte stream, without start codes and trailing zeros; empty ones are left out.
std::vector<NalUnit> SplitAnnexB(const uint8_t* data, size_t size);

// The bytes of the length prefixes that are written here.
constexpr size_t kNalLengthSize = 4;

// The units with their lengths in front of them. Null when memory is out.
PoolBufferPtr JoinLengthPrefixed(const std::vector<NalUnit>& units);

void Append16(std::vector<uint8_t>* out, size_t value);

}  // namespace webcodecs
