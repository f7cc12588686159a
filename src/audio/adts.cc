#include "audio/adts.h"

namespace webcodecs {

Status AdtsHeader::Begin(const std::vector<uint8_t>& config, bool mpeg2) {
  constexpr int kEscape = 15;
  if (config.size() < 2) return Status(StatusCode::kInternal, "the AudioSpecificConfig is too short");
  const int object_type = config[0] >> 3;
  frequency_ = static_cast<uint8_t>((config[0] & 7) << 1 | config[1] >> 7);
  channels_ = config[1] >> 3 & 15;
  if (object_type < 1 || object_type > 4 || frequency_ >= kEscape || channels_ < 1 || channels_ > 7) {
    return Status(StatusCode::kNotSupported, "ADTS cannot describe this AAC stream");
  }
  profile_ = static_cast<uint8_t>(object_type - 1);
  mpeg2_ = mpeg2;
  return Status::Ok();
}

std::array<uint8_t, kAdtsHeaderSize> AdtsHeader::For(size_t size) const {
  const size_t length = size + kAdtsHeaderSize;
  return {
      0xff,
      static_cast<uint8_t>(0xf0 | (mpeg2_ ? 8 : 0) | 1),  // no checksum
      static_cast<uint8_t>(profile_ << 6 | frequency_ << 2 | channels_ >> 2),
      static_cast<uint8_t>((channels_ & 3) << 6 | length >> 11),
      static_cast<uint8_t>(length >> 3),
      static_cast<uint8_t>((length & 7) << 5 | 0x1f),  // a buffer fullness that means a variable bitrate
      0xfc,
  };
}

}  // namespace webcodecs
