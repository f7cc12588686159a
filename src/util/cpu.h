#pragma once

namespace webcodecs {

// Processors that this process may use: the affinity mask, cut down to the cgroup's quota.
int AvailableProcessors();

// How many threads a codec is to have: as the configuration says, or else WEBCODECS_NATIVE_THREADS; 0 where neither does.
int AskedThreads(int configured);

}  // namespace webcodecs
