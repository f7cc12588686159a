#pragma once

namespace webcodecs {

// Processors that this process may use: the affinity mask, cut down to the cgroup's quota.
int AvailableProcessors();

}  // namespace webcodecs
