#include "bitstream/hevc.h"

#include <algorithm>
#include <optional>

#include "bitstream/annexb.h"
#include "bitstream/bit_reader.h"

namespace webcodecs::hevc {

namespace {

constexpr int kNalVps = 32;
constexpr int kNalSps = 33;
constexpr int kNalPps = 34;
constexpr int kNalAccessUnitDelimiter = 35;
constexpr size_t kNalHeaderSize = 2;
// general_profile_space to general_level_idc of profile_tier_level().
constexpr size_t kProfileTierLevelSize = 12;

int Type(const NalUnit& nal) { return (nal.data[0] >> 1) & 0x3f; }

// Where profile_tier_level() begins in the payloads of VPS and SPS, and its parts.
constexpr size_t kProfileInVps = 4;
constexpr size_t kProfileInSps = 1;
constexpr size_t kConstraintsInProfile = 5;
constexpr uint8_t kTierFlag = 0x20;
constexpr uint8_t kNonPackedConstraint = 0x20;

// Sets bits of the payload's byte at `index`, counted without emulation prevention. A byte that gets bits needs none.
void SetBits(uint8_t* nal, size_t size, size_t index, uint8_t bits) {
  size_t zeros = 0, payload = 0;
  for (size_t i = kNalHeaderSize; i < size; ++i) {
    if (zeros >= 2 && nal[i] == 3) {
      zeros = 0;
      continue;
    }
    if (payload++ == index) {
      nal[i] |= bits;
      return;
    }
    zeros = nal[i] == 0 ? zeros + 1 : 0;
  }
}

struct Sps {
  int max_sub_layers = 1;
  bool temporal_id_nesting = false;
  uint8_t profile_tier_level[kProfileTierLevelSize] = {};
  int chroma_format = 1, luma_bits = 8, chroma_bits = 8;
};

// 7.3.2.2.1, as far as the bit depths.
std::optional<Sps> ParseSps(const NalUnit& nal) {
  if (nal.size < kNalHeaderSize + 1 + kProfileTierLevelSize) return std::nullopt;
  BitReader bits(nal.data + kNalHeaderSize, nal.size - kNalHeaderSize);
  Sps sps;
  bits.Skip(4);
  sps.max_sub_layers = static_cast<int>(bits.Bits(3)) + 1;
  sps.temporal_id_nesting = bits.Flag();
  for (uint8_t& byte : sps.profile_tier_level) byte = static_cast<uint8_t>(bits.Bits(8));
  bool profile_present[8] = {}, level_present[8] = {};
  for (int i = 0; i < sps.max_sub_layers - 1; ++i) {
    profile_present[i] = bits.Flag();
    level_present[i] = bits.Flag();
  }
  if (sps.max_sub_layers > 1) bits.Skip(2 * (9 - sps.max_sub_layers));
  for (int i = 0; i < sps.max_sub_layers - 1; ++i) {
    if (profile_present[i]) bits.Skip(88);
    if (level_present[i]) bits.Skip(8);
  }
  bits.Unsigned();
  sps.chroma_format = static_cast<int>(bits.Unsigned());
  if (sps.chroma_format == 3) bits.Skip(1);
  bits.Unsigned();
  bits.Unsigned();
  if (bits.Flag()) {
    for (int i = 0; i < 4; ++i) bits.Unsigned();
  }
  sps.luma_bits = static_cast<int>(bits.Unsigned()) + 8;
  sps.chroma_bits = static_cast<int>(bits.Unsigned()) + 8;
  if (!bits.ok() || sps.chroma_format > 3 || sps.luma_bits > 16 || sps.chroma_bits > 16) return std::nullopt;
  return sps;
}

}  // namespace

void CompleteProfile(uint8_t* data, size_t size, bool high_tier) {
  for (const NalUnit& nal : SplitAnnexB(data, size)) {
    if (nal.size <= kNalHeaderSize || (Type(nal) != kNalVps && Type(nal) != kNalSps)) continue;
    uint8_t* bytes = data + (nal.data - data);
    const size_t profile = Type(nal) == kNalVps ? kProfileInVps : kProfileInSps;
    if (high_tier) SetBits(bytes, nal.size, profile, kTierFlag);
    SetBits(bytes, nal.size, profile + kConstraintsInProfile, kNonPackedConstraint);
  }
}

std::vector<uint8_t> MakeHvcC(const uint8_t* parameter_sets, size_t size) {
  constexpr int kTypes[] = {kNalVps, kNalSps, kNalPps};
  std::vector<NalUnit> sets[3];
  for (const NalUnit& nal : SplitAnnexB(parameter_sets, size)) {
    for (int i = 0; i < 3; ++i) {
      if (nal.size > kNalHeaderSize && Type(nal) == kTypes[i]) sets[i].push_back(nal);
    }
  }
  if (sets[0].empty() || sets[1].empty() || sets[2].empty()) return {};
  const std::optional<Sps> sps = ParseSps(sets[1][0]);
  if (!sps) return {};

  std::vector<uint8_t> out = {1};
  out.insert(out.end(), std::begin(sps->profile_tier_level), std::end(sps->profile_tier_level));
  Append16(&out, 0xf000);  // min_spatial_segmentation_idc: unknown
  out.push_back(0xfc);     // parallelismType: unknown
  out.push_back(static_cast<uint8_t>(0xfc | sps->chroma_format));
  out.push_back(static_cast<uint8_t>(0xf8 | (sps->luma_bits - 8)));
  out.push_back(static_cast<uint8_t>(0xf8 | (sps->chroma_bits - 8)));
  Append16(&out, 0);  // avgFrameRate: unspecified
  out.push_back(static_cast<uint8_t>((sps->max_sub_layers & 7) << 3 | (sps->temporal_id_nesting ? 1 : 0) << 2 |
                                     (kNalLengthSize - 1)));
  out.push_back(3);
  for (int i = 0; i < 3; ++i) {
    out.push_back(static_cast<uint8_t>(0x80 | kTypes[i]));  // array_completeness: none of them is in-band
    Append16(&out, sets[i].size());
    for (const NalUnit& nal : sets[i]) {
      Append16(&out, nal.size);
      out.insert(out.end(), nal.data, nal.data + nal.size);
    }
  }
  return out;
}

PoolBufferPtr AnnexBToLengthPrefixed(const uint8_t* data, size_t size) {
  std::vector<NalUnit> units = SplitAnnexB(data, size);
  const auto dropped = [](const NalUnit& nal) {
    const int type = Type(nal);
    return type >= kNalVps && type <= kNalAccessUnitDelimiter;
  };
  units.erase(std::remove_if(units.begin(), units.end(), dropped), units.end());
  return JoinLengthPrefixed(units);
}

}  // namespace webcodecs::hevc
