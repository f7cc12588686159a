// Threads that serve the whole process and are never joined.
#pragma once

#include <functional>

namespace webcodecs {

// Starts a detached thread that takes no signals (they belong to Node's threads). `name` has at most 15 characters.
// Returns false when the system refuses another thread. `body` must not throw.
bool StartBackgroundThread(const char* name, std::function<void()> body);

}  // namespace webcodecs
