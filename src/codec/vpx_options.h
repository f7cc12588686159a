// The options of a plan for libvpx, by the names that vpxenc gives them.
#pragma once

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include <cstdlib>
#include <string>

namespace webcodecs::vpx {

struct ConfigField {
  const char* name;
  unsigned int vpx_codec_enc_cfg_t::*field;
};
constexpr ConfigField kConfigFields[] = {
    {"lag-in-frames", &vpx_codec_enc_cfg_t::g_lag_in_frames},
    {"error-resilient", &vpx_codec_enc_cfg_t::g_error_resilient},
    {"min-q", &vpx_codec_enc_cfg_t::rc_min_quantizer},
    {"max-q", &vpx_codec_enc_cfg_t::rc_max_quantizer},
    {"buf-sz", &vpx_codec_enc_cfg_t::rc_buf_sz},
    {"buf-initial-sz", &vpx_codec_enc_cfg_t::rc_buf_initial_sz},
    {"buf-optimal-sz", &vpx_codec_enc_cfg_t::rc_buf_optimal_sz},
};

struct RateControlMode {
  const char* name;
  vpx_rc_mode mode;
};
constexpr RateControlMode kRateControlModes[] = {{"vbr", VPX_VBR}, {"cbr", VPX_CBR}, {"q", VPX_Q}};

struct Control {
  const char* name;
  int id;
};
constexpr Control kControls[] = {
    {"cpu-used", VP8E_SET_CPUUSED},
    {"static-thresh", VP8E_SET_STATIC_THRESHOLD},
    {"token-parts", VP8E_SET_TOKEN_PARTITIONS},
    {"cq-level", VP8E_SET_CQ_LEVEL},
    {"noise-sensitivity", VP8E_SET_NOISE_SENSITIVITY},
    {"sharpness", VP8E_SET_SHARPNESS},
    {"tune", VP8E_SET_TUNING},
    {"max-intra-rate", VP8E_SET_MAX_INTRA_BITRATE_PCT},
    {"screen-content-mode", VP8E_SET_SCREEN_CONTENT_MODE},
    {"gf-cbr-boost", VP9E_SET_GF_CBR_BOOST_PCT},
    {"tile-columns", VP9E_SET_TILE_COLUMNS},
    {"tile-rows", VP9E_SET_TILE_ROWS},
    {"frame-parallel", VP9E_SET_FRAME_PARALLEL_DECODING},
    {"aq-mode", VP9E_SET_AQ_MODE},
    {"tune-content", VP9E_SET_TUNE_CONTENT},
    {"row-mt", VP9E_SET_ROW_MT},
};

// False where it is none of the configuration's.
inline bool SetConfigField(const std::string& name, const std::string& value, vpx_codec_enc_cfg_t* config) {
  for (const ConfigField& field : kConfigFields) {
    if (name != field.name) continue;
    config->*field.field = static_cast<unsigned int>(std::strtoul(value.c_str(), nullptr, 10));
    return true;
  }
  if (name != "end-usage") return false;
  for (const RateControlMode& mode : kRateControlModes) {
    if (value == mode.name) config->rc_end_usage = mode.mode;
  }
  return true;
}

inline const Control* FindControl(const std::string& name) {
  for (const Control& control : kControls) {
    if (name == control.name) return &control;
  }
  return nullptr;
}

}  // namespace webcodecs::vpx
