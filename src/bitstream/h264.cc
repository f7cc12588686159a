#include "bitstream/h264.h"

#include <algorithm>

#include "bitstream/annexb.h"
#include "bitstream/bit_reader.h"

namespace webcodecs::h264 {

namespace {

constexpr int kNalSps = 7;
constexpr int kNalPps = 8;
constexpr int kNalAccessUnitDelimiter = 9;

int Type(const NalUnit& nal) { return nal.data[0] & 0x1f; }

// The profiles whose SPS has a chroma format (7.3.2.1.1) and whose avcC has the extension for it.
bool HasChromaFormat(int profile) {
  for (int p : {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}) {
    if (p == profile) return true;
  }
  return false;
}

struct Sps {
  int profile = 0, constraints = 0, level = 0;
  int chroma_format = 1, luma_bits = 8, chroma_bits = 8;
  int poc_type = 0;
  int width_in_mbs = 0, height_in_map_units = 0;
  bool frame_mbs_only = true;
  int max_reorder_frames = -1;  // -1: the stream does not say
};

void SkipScalingList(BitReader* bits, int size) {
  int last = 8, next = 8;
  for (int i = 0; i < size && bits->ok(); ++i) {
    if (next != 0) next = (last + bits->Signed() + 256) % 256;
    if (next != 0) last = next;
  }
}

void SkipHrd(BitReader* bits) {
  const uint32_t count = bits->Unsigned() + 1;
  bits->Skip(8);
  for (uint32_t i = 0; i < count && bits->ok(); ++i) {
    bits->Unsigned();
    bits->Unsigned();
    bits->Skip(1);
  }
  bits->Skip(20);
}

// Annex E.1.1, as far as max_num_reorder_frames.
void ParseVui(BitReader* bits, Sps* sps) {
  if (bits->Flag() && bits->Bits(8) == 255) bits->Skip(32);
  if (bits->Flag()) bits->Skip(1);
  if (bits->Flag()) {
    bits->Skip(4);
    if (bits->Flag()) bits->Skip(24);
  }
  if (bits->Flag()) {
    bits->Unsigned();
    bits->Unsigned();
  }
  if (bits->Flag()) bits->Skip(65);
  const bool nal_hrd = bits->Flag();
  if (nal_hrd) SkipHrd(bits);
  const bool vcl_hrd = bits->Flag();
  if (vcl_hrd) SkipHrd(bits);
  if (nal_hrd || vcl_hrd) bits->Skip(1);
  bits->Skip(1);
  if (bits->Flag()) {
    bits->Skip(1);
    for (int i = 0; i < 4; ++i) bits->Unsigned();
    const auto reorder = static_cast<int>(std::min<uint32_t>(bits->Unsigned(), 16));
    if (bits->ok()) sps->max_reorder_frames = reorder;
  }
}

// 7.3.2.1.1
std::optional<Sps> ParseSps(const NalUnit& nal) {
  if (nal.size < 5) return std::nullopt;
  BitReader bits(nal.data + 1, nal.size - 1);
  Sps sps;
  sps.profile = static_cast<int>(bits.Bits(8));
  sps.constraints = static_cast<int>(bits.Bits(8));
  sps.level = static_cast<int>(bits.Bits(8));
  bits.Unsigned();
  if (HasChromaFormat(sps.profile)) {
    sps.chroma_format = static_cast<int>(bits.Unsigned());
    if (sps.chroma_format == 3) bits.Skip(1);
    sps.luma_bits = static_cast<int>(bits.Unsigned()) + 8;
    sps.chroma_bits = static_cast<int>(bits.Unsigned()) + 8;
    bits.Skip(1);
    if (bits.Flag()) {
      for (int i = 0; i < (sps.chroma_format == 3 ? 12 : 8); ++i) {
        if (bits.Flag()) SkipScalingList(&bits, i < 6 ? 16 : 64);
      }
    }
  }
  bits.Unsigned();
  sps.poc_type = static_cast<int>(bits.Unsigned());
  if (sps.poc_type == 0) {
    bits.Unsigned();
  } else if (sps.poc_type == 1) {
    bits.Skip(1);
    bits.Signed();
    bits.Signed();
    const uint32_t cycle = std::min<uint32_t>(bits.Unsigned(), 255);
    for (uint32_t i = 0; i < cycle; ++i) bits.Signed();
  }
  bits.Unsigned();
  bits.Skip(1);
  sps.width_in_mbs = static_cast<int>(bits.Unsigned()) + 1;
  sps.height_in_map_units = static_cast<int>(bits.Unsigned()) + 1;
  sps.frame_mbs_only = bits.Flag();
  if (!sps.frame_mbs_only) bits.Skip(1);
  bits.Skip(1);
  if (bits.Flag()) {
    for (int i = 0; i < 4; ++i) bits.Unsigned();
  }
  if (!bits.ok() || sps.chroma_format > 3 || sps.luma_bits > 14 || sps.chroma_bits > 14) return std::nullopt;
  if (bits.Flag()) ParseVui(&bits, &sps);
  return sps;
}

// MaxDpbMbs of Table A-1.
int MaxDpbMacroblocks(const Sps& sps) {
  struct Row {
    int level, max_dpb_mbs;
  };
  static constexpr Row kRows[] = {{10, 396},    {11, 900},    {12, 2376},   {13, 2376},   {20, 2376},
                                  {21, 4752},   {22, 8100},   {30, 8100},   {31, 18000},  {32, 20480},
                                  {40, 32768},  {41, 32768},  {42, 34816},  {50, 110400}, {51, 184320},
                                  {52, 184320}, {60, 696320}, {61, 696320}, {62, 696320}};
  if (sps.level == 11 && (sps.constraints & 0x10) && sps.profile <= 88) return 396;  // level 1b
  for (const Row& row : kRows) {
    if (sps.level <= row.level) return row.max_dpb_mbs;
  }
  return 696320;
}

// max_num_reorder_frames, inferred per E.2.1 where it is absent.
int MaxReorderFrames(const Sps& sps) {
  if (sps.max_reorder_frames >= 0) return sps.max_reorder_frames;
  // Output order is decoding order (8.2.1.3); and Baseline has no B slices, for which its encoders never reorder.
  if (sps.poc_type == 2 || sps.profile == 66) return 0;
  const bool intra_only = (sps.constraints & 0x10) != 0 && HasChromaFormat(sps.profile);
  if (intra_only) return 0;
  const int64_t macroblocks = int64_t{sps.width_in_mbs} * sps.height_in_map_units * (sps.frame_mbs_only ? 1 : 2);
  return static_cast<int>(std::min<int64_t>(MaxDpbMacroblocks(sps) / std::max<int64_t>(macroblocks, 1), 16));
}

// The SPS of an avcC.
std::vector<NalUnit> SplitAvcC(const uint8_t* data, size_t size) {
  std::vector<NalUnit> units;
  if (size < 7) return units;
  int count = data[5] & 0x1f;
  size_t position = 6;
  while (count-- > 0 && position + 2 <= size) {
    const size_t length = static_cast<size_t>(data[position]) << 8 | data[position + 1];
    position += 2;
    if (length > size - position) break;
    if (length > 0) units.push_back({data + position, length});
    position += length;
  }
  return units;
}

}  // namespace

void AddConstraintFlags(uint8_t* data, size_t size, int flags) {
  for (const NalUnit& nal : SplitAnnexB(data, size)) {
    // The bytes around it, profile and level, are never zero, so no emulation prevention can become needed.
    if (Type(nal) == kNalSps && nal.size >= 4) data[nal.data - data + 2] |= static_cast<uint8_t>(flags);
  }
}

std::vector<uint8_t> MakeAvcC(const uint8_t* parameter_sets, size_t size) {
  std::vector<NalUnit> sequence, picture;
  for (const NalUnit& nal : SplitAnnexB(parameter_sets, size)) {
    if (Type(nal) == kNalSps) sequence.push_back(nal);
    if (Type(nal) == kNalPps) picture.push_back(nal);
  }
  if (sequence.empty() || picture.empty() || sequence.size() > 31 || picture.size() > 255) return {};
  const std::optional<Sps> sps = ParseSps(sequence[0]);
  if (!sps) return {};

  std::vector<uint8_t> out = {1, sequence[0].data[1], sequence[0].data[2], sequence[0].data[3],
                              0xfc | (kNalLengthSize - 1), static_cast<uint8_t>(0xe0 | sequence.size())};
  for (const NalUnit& nal : sequence) {
    Append16(&out, nal.size);
    out.insert(out.end(), nal.data, nal.data + nal.size);
  }
  out.push_back(static_cast<uint8_t>(picture.size()));
  for (const NalUnit& nal : picture) {
    Append16(&out, nal.size);
    out.insert(out.end(), nal.data, nal.data + nal.size);
  }
  if (HasChromaFormat(sps->profile)) {
    out.push_back(static_cast<uint8_t>(0xfc | sps->chroma_format));
    out.push_back(static_cast<uint8_t>(0xf8 | (sps->luma_bits - 8)));
    out.push_back(static_cast<uint8_t>(0xf8 | (sps->chroma_bits - 8)));
    out.push_back(0);
  }
  return out;
}

PoolBufferPtr AnnexBToLengthPrefixed(const uint8_t* data, size_t size) {
  std::vector<NalUnit> units = SplitAnnexB(data, size);
  const auto dropped = [](const NalUnit& nal) {
    return Type(nal) == kNalSps || Type(nal) == kNalPps || Type(nal) == kNalAccessUnitDelimiter;
  };
  units.erase(std::remove_if(units.begin(), units.end(), dropped), units.end());
  return JoinLengthPrefixed(units);
}

std::optional<int> MaxReorderFrames(const uint8_t* data, size_t size) {
  const bool avcc = size >= 7 && data[0] == 1;
  for (const NalUnit& nal : avcc ? SplitAvcC(data, size) : SplitAnnexB(data, size)) {
    if (Type(nal) != kNalSps) continue;
    if (std::optional<Sps> sps = ParseSps(nal)) return MaxReorderFrames(*sps);
  }
  return std::nullopt;
}

}  // namespace webcodecs::h264
