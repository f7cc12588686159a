// Temporal layers of VP8 and VP9: which frame is in which layer, and what it may refer to and leave behind. libvpx's
// own layers (VP9E_SET_SVC and the like) are not used: their rate control is off by up to 17 % in five seconds, costs
// half a decibel to one and a half, and writes to standard output where the size is odd.
#pragma once

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

namespace webcodecs::vpx {

struct TemporalSlot {
  int layer;
  vpx_enc_frame_flags_t flags;
};

// `slots` repeat, beginning with each key frame.
struct TemporalPattern {
  int layers;
  int period;
  TemporalSlot slots[4];
};

// The last picture is always the base layer's, and nothing but the base layer moves the probabilities.
constexpr vpx_enc_frame_flags_t kFromBase = VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF;
constexpr vpx_enc_frame_flags_t kBase = kFromBase | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;
constexpr vpx_enc_frame_flags_t kLeaveNothing =
    VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY;
constexpr vpx_enc_frame_flags_t kLeaveGolden =
    VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY;

constexpr TemporalPattern kTwoLayers = {2, 2, {{0, kBase}, {1, kFromBase | kLeaveNothing}}};
// The golden picture is the middle layer's.
constexpr TemporalPattern kThreeLayersVp8 = {3,
                                             4,
                                             {{0, kBase},
                                              {2, kFromBase | kLeaveNothing},
                                              {1, kFromBase | kLeaveGolden},
                                              {2, VP8_EFLAG_NO_REF_ARF | kLeaveNothing}}};
// A frame of VP9 names three pictures whether it uses them or not, so a picture of the middle layer would be named by
// the base layer too. It is hardly missed.
constexpr TemporalPattern kThreeLayersVp9 = {3,
                                             4,
                                             {{0, kBase},
                                              {2, kFromBase | kLeaveNothing},
                                              {1, kFromBase | kLeaveNothing},
                                              {2, kFromBase | kLeaveNothing}}};

// Null for no layers.
inline const TemporalPattern* FindTemporalPattern(int layers, bool vp9) {
  if (layers == 2) return &kTwoLayers;
  if (layers == 3) return vp9 ? &kThreeLayersVp9 : &kThreeLayersVp8;
  return nullptr;
}

}  // namespace webcodecs::vpx
