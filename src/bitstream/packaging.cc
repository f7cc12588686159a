#include "bitstream/packaging.h"

#include <cstring>

#include "bitstream/h264.h"
#include "bitstream/hevc.h"

namespace webcodecs {

PoolBufferPtr PackagePacket(const VideoEncoderConfig& config, const uint8_t* data, int size, bool key) {
  const auto length = static_cast<size_t>(size);
  if (config.codec == "h264" && !config.annexb) return h264::AnnexBToLengthPrefixed(data, length);
  if (config.codec == "hevc" && !config.annexb) return hevc::AnnexBToLengthPrefixed(data, length);
  PoolBufferPtr out = FramePool::Global().Acquire(length, AllocationKind::kChunk);
  if (!out) return nullptr;
  std::memcpy(out->data(), data, length);
  if (config.codec == "h264" && key) h264::AddConstraintFlags(out->data(), length, config.constraints);
  if (config.codec == "hevc" && key) hevc::CompleteProfile(out->data(), length, config.constraints != 0);
  return out;
}

Status MakeDescription(const VideoEncoderConfig& config, std::vector<uint8_t> parameter_sets,
                       std::vector<uint8_t>* description) {
  description->clear();
  const bool h264 = config.codec == "h264", hevc = config.codec == "hevc";
  if (config.annexb || !(h264 || hevc)) return Status::Ok();
  // The plan keeps to the constraints of the codec string; encoders do not signal all of them.
  if (h264) h264::AddConstraintFlags(parameter_sets.data(), parameter_sets.size(), config.constraints);
  if (hevc) hevc::CompleteProfile(parameter_sets.data(), parameter_sets.size(), config.constraints != 0);
  *description = h264 ? h264::MakeAvcC(parameter_sets.data(), parameter_sets.size())
                      : hevc::MakeHvcC(parameter_sets.data(), parameter_sets.size());
  return description->empty() ? Status(StatusCode::kInternal, "the encoder gave no parameter sets") : Status::Ok();
}

}  // namespace webcodecs
