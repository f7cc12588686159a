#pragma once

namespace webcodecs {

// What Opus counts samples at, whatever the rate of the sound that went in.
constexpr int kOpusRate = 48000;

}  // namespace webcodecs
