#include "plan/encoder_options.h"

#include <cerrno>
#include <cstdlib>

namespace webcodecs {

bool ReadInteger(const std::string& value, long lowest, long highest, long* out) {
  char* end = nullptr;
  errno = 0;
  *out = std::strtol(value.c_str(), &end, 10);
  return !value.empty() && *end == '\0' && errno == 0 && *out >= lowest && *out <= highest;
}

}  // namespace webcodecs
