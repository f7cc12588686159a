#include "bitstream/annexb.h"

#include <cstring>

namespace webcodecs {

std::vector<NalUnit> SplitAnnexB(const uint8_t* data, size_t size) {
  std::vector<NalUnit> units;
  // memchr for the 1 of 00 00 01 runs at memory speed, a byte-wise loop does not.
  auto next_start_code = [&](size_t from) {
    for (size_t i = from + 2; i < size;) {
      const auto* one = static_cast<const uint8_t*>(std::memchr(data + i, 1, size - i));
      if (!one) break;
      i = static_cast<size_t>(one - data);
      if (data[i - 1] == 0 && data[i - 2] == 0) return i - 2;
      ++i;
    }
    return size;
  };
  size_t start = next_start_code(0);
  while (start < size) {
    const size_t begin = start + 3;
    const size_t next = next_start_code(begin);
    size_t end = next;
    while (end > begin && data[end - 1] == 0) --end;
    if (end > begin) units.push_back({data + begin, end - begin});
    start = next;
  }
  return units;
}

PoolBufferPtr JoinLengthPrefixed(const std::vector<NalUnit>& units) {
  size_t total = 0;
  for (const NalUnit& nal : units) total += kNalLengthSize + nal.size;
  PoolBufferPtr out = FramePool::Global().Acquire(total, AllocationKind::kChunk);
  if (!out) return nullptr;
  uint8_t* position = out->data();
  for (const NalUnit& nal : units) {
    for (int shift = 24; shift >= 0; shift -= 8) *position++ = static_cast<uint8_t>(nal.size >> shift);
    std::memcpy(position, nal.data, nal.size);
    position += nal.size;
  }
  return out;
}

void Append16(std::vector<uint8_t>* out, size_t value) {
  out->push_back(static_cast<uint8_t>(value >> 8));
  out->push_back(static_cast<uint8_t>(value));
}

}  // namespace webcodecs
