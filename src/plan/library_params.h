// Parameters in a library's own syntax. FFmpeg passes them through as one option, "key=value:key=value".
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace webcodecs {

class LibraryParams {
 public:
  void Add(const std::string& key, const std::string& value) { params_.emplace_back(key, value); }

  const std::vector<std::pair<std::string, std::string>>& params() const { return params_; }
  std::string text() const {
    std::string text;
    for (const auto& [key, value] : params_) text += (text.empty() ? "" : ":") + key + '=' + value;
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> params_;
};

}  // namespace webcodecs
