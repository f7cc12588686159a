#include "plan/video_encoder_plan.h"

#include <map>
#include <mutex>

#include "codec/encoder.h"

namespace webcodecs {

std::string VideoEncoderPlan::CacheKey() const {
  std::string key = encoder;
  for (int64_t number : {int64_t{config.width}, int64_t{config.height}, int64_t{thread_count}, int64_t{slice_threads},
                         int64_t{gop_size}, int64_t{max_b_frames}, int64_t{reference_frames}, bitrate, max_rate,
                         buffer_size, int64_t{global_header}, int64_t{static_cast<int>(input_format)}}) {
    key += ' ' + std::to_string(number);
  }
  for (const auto& [name, value] : options) key += ' ' + name + '=' + value;
  return key;
}

Status PlanVideoEncoder(const VideoEncoderConfig& config, VideoEncoderPlan* plan) {
  plan->config = config;
  if (config.codec == "h264") return PlanX264(config, plan);
  return Status(StatusCode::kNotSupported, "no encoder for " + config.codec);
}

Status ProbeVideoEncoder(const VideoEncoderPlan& plan) {
  struct Cache {
    std::mutex mutex;
    std::map<std::string, Status> results;
  };
  // Never destroyed: probes may run while the process exits.
  static Cache* cache = new Cache();
  constexpr size_t kMaxEntries = 256;

  const std::string key = plan.CacheKey();
  {
    std::lock_guard<std::mutex> lock(cache->mutex);
    auto found = cache->results.find(key);
    if (found != cache->results.end()) return found->second;
  }
  Status status = CreateAvcodecEncoder()->Open(plan, ColorSpace{});
  std::lock_guard<std::mutex> lock(cache->mutex);
  if (cache->results.size() >= kMaxEntries) cache->results.clear();
  // What failed for want of memory may well succeed later.
  if (status.code() != StatusCode::kOutOfMemory) cache->results.emplace(key, status);
  return status;
}

}  // namespace webcodecs
