// Options that a configuration gives an encoder in its library's own words (the `encoderOptions` extension).
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "util/status.h"

namespace webcodecs {

using EncoderOptions = std::vector<std::pair<std::string, std::string>>;

// The value of the last of that name; null for none.
inline const std::string* FindOption(const EncoderOptions& options, const std::string& name) {
  const auto found = std::find_if(options.rbegin(), options.rend(),
                                  [&name](const auto& option) { return option.first == name; });
  return found == options.rend() ? nullptr : &found->second;
}

// Gives the option that value, in place of the one that is there.
inline void SetOption(const std::string& name, const std::string& value, EncoderOptions* options) {
  for (auto& option : *options) {
    if (option.first != name) continue;
    option.second = value;
    return;
  }
  options->emplace_back(name, value);
}

template <typename Names>
bool IsOneOf(const std::string& name, const Names& names) {
  return std::any_of(std::begin(names), std::end(names), [&name](const char* other) { return name == other; });
}

// For what the rest of the configuration decides.
inline Status ReservedOption(const std::string& name) {
  return Status(StatusCode::kNotSupported, "the option " + name + " is what other members of the configuration decide");
}

// For what the library does not know, or not with that value.
inline Status RefusedOption(const std::string& library, const std::string& name, const std::string& value) {
  return Status(StatusCode::kNotSupported, library + " does not take " + name + "=" + value);
}

// `value` as an integer within the range; false for anything else.
bool ReadInteger(const std::string& value, long lowest, long highest, long* out);

}  // namespace webcodecs
