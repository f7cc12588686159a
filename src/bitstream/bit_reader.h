// Reads the bits of a raw byte sequence payload (ITU-T H.264 7.2, 9.1). Past the end everything is zero and `ok` is false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace webcodecs {

class BitReader {
 public:
  // Takes the emulation prevention bytes out.
  BitReader(const uint8_t* nal, size_t size) {
    bytes_.reserve(size);
    int zeros = 0;
    for (size_t i = 0; i < size; ++i) {
      if (zeros >= 2 && nal[i] == 3) {
        zeros = 0;
        continue;
      }
      zeros = nal[i] == 0 ? zeros + 1 : 0;
      bytes_.push_back(nal[i]);
    }
  }

  uint32_t Bits(int count) {
    uint32_t value = 0;
    while (count-- > 0) value = (value << 1) | Bit();
    return value;
  }
  bool Flag() { return Bit() != 0; }
  // ue(v)
  uint32_t Unsigned() {
    int zeros = 0;
    while (ok_ && Bit() == 0) {
      if (++zeros > 31) ok_ = false;
    }
    return ok_ ? (1u << zeros) - 1 + Bits(zeros) : 0;
  }
  // se(v)
  int32_t Signed() {
    const uint32_t code = Unsigned();
    const auto magnitude = static_cast<int32_t>((code + 1) / 2);
    return code % 2 ? magnitude : -magnitude;
  }
  void Skip(int count) { Bits(count); }
  bool ok() const { return ok_; }

 private:
  uint32_t Bit() {
    if (position_ >= bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    const uint32_t bit = (bytes_[position_ / 8] >> (7 - position_ % 8)) & 1;
    ++position_;
    return bit;
  }

  std::vector<uint8_t> bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace webcodecs
