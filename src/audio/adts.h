// The header in front of each AAC frame in an ADTS stream (ISO/IEC 14496-3, 1.A.3.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "util/status.h"

namespace webcodecs {

constexpr size_t kAdtsHeaderSize = 7;

class AdtsHeader {
 public:
  // Reads what an AudioSpecificConfig of AAC says of the stream.
  Status Begin(const std::vector<uint8_t>& audio_specific_config, bool mpeg2);
  // The header of a frame of `size` bytes.
  std::array<uint8_t, kAdtsHeaderSize> For(size_t size) const;

 private:
  uint8_t profile_ = 0, frequency_ = 0, channels_ = 0;
  bool mpeg2_ = false;
};

}  // namespace webcodecs
