// Temporal layers of VP8 and VP9: which frame is in which layer, and what it may refer to and leave behind.
#pragma once

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

namespace webcodecs::vpx {

constexpr vpx_enc_frame_flags_t kUpdateNothing =
    VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY;
constexpr vpx_enc_frame_flags_t kLastOnly = VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF;

struct TemporalSlot {
  int layer;
  // VP8's: which pictures the frame may refer to and replace. In VP9 the library's own layering does the same.
  vpx_enc_frame_flags_t flags;
};

// The last picture is the base layer's and the golden one the middle layer's; the top layer leaves nothing behind, and
// nothing but the base layer moves the probabilities.
struct TemporalPattern {
  int layers;
  int period;
  TemporalSlot slots[4];
  int rate_percent[3];  // of each layer with those below it
  int rate_decimator[3];
  VP9E_TEMPORAL_LAYERING_MODE vp9_mode;
};
constexpr TemporalPattern kTemporalPatterns[] = {
    {2,
     2,
     {{0, kLastOnly | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF}, {1, kLastOnly | kUpdateNothing}},
     {60, 100},
     {2, 1},
     VP9E_TEMPORAL_LAYERING_MODE_0101},
    {3,
     4,
     {{0, kLastOnly | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF},
      {2, kLastOnly | kUpdateNothing},
      {1, kLastOnly | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY},
      {2, VP8_EFLAG_NO_REF_ARF | kUpdateNothing}},
     {50, 70, 100},
     {4, 2, 1},
     VP9E_TEMPORAL_LAYERING_MODE_0212},
};

inline const TemporalPattern* FindTemporalPattern(int layers) {
  for (const TemporalPattern& pattern : kTemporalPatterns) {
    if (pattern.layers == layers) return &pattern;
  }
  return nullptr;
}

inline void SetLayers(const TemporalPattern& pattern, vpx_codec_enc_cfg_t* config) {
  config->ts_number_layers = static_cast<unsigned int>(pattern.layers);
  config->ts_periodicity = static_cast<unsigned int>(pattern.period);
  config->temporal_layering_mode = pattern.vp9_mode;
  for (int i = 0; i < pattern.period; i++) config->ts_layer_id[i] = static_cast<unsigned int>(pattern.slots[i].layer);
  for (int i = 0; i < pattern.layers; i++) {
    const unsigned int rate = config->rc_target_bitrate * static_cast<unsigned int>(pattern.rate_percent[i]) / 100;
    // VP8 wants them to increase even where there is next to no rate.
    config->ts_target_bitrate[i] = rate + static_cast<unsigned int>(i);
    config->layer_target_bitrate[i] = config->ts_target_bitrate[i];
    config->ts_rate_decimator[i] = static_cast<unsigned int>(pattern.rate_decimator[i]);
  }
}

}  // namespace webcodecs::vpx
