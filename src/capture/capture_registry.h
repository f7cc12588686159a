// The sources of live media of this process, by name: whoever asks for one, from whatever thread, gets the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/capture_source.h"

namespace webcodecs {

class CaptureRegistry {
 public:
  // The one of the process; never destroyed.
  static CaptureRegistry& Global();

  // The source of this name, configured as asked; begins to capture it when there is none. Null when the system refuses a
  // thread.
  std::shared_ptr<CaptureSource> AllocateIfNeeded(const std::string& name, const CaptureRequest& request);
  std::shared_ptr<CaptureSource> Find(const std::string& name) const;
  // Stops it and forgets it. Whether there was one.
  bool Remove(const std::string& name);
  std::vector<std::string> Names() const;

  // Sources live until they are removed, or until no environment is left that could remove them.
  void AddEnvironment();
  void EndEnvironment();

 private:
  CaptureRegistry();
  struct State;
  State* state_;
};

}  // namespace webcodecs
