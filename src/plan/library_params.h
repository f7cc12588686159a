// Parameters in a library's own syntax. FFmpeg passes them through as one option, "key=value:key=value".
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace webcodecs {

class LibraryParams {
 public:
  void Add(const std::string& key, const std::string& value) { params_.emplace_back(key, value); }

  void Remove(const std::string& key) {
    params_.erase(std::remove_if(params_.begin(), params_.end(), [&key](const auto& param) { return param.first == key; }),
                  params_.end());
  }

  const std::vector<std::pair<std::string, std::string>>& params() const { return params_; }
  std::string text() const {
    std::string text;
    for (const auto& [key, value] : params_) text += (text.empty() ? "" : ":") + Escaped(key) + '=' + Escaped(value);
    return text;
  }

 private:
  // For av_dict_parse_string().
  static std::string Escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == ':' || c == '=' || c == '\\' || c == '\'') out += '\\';
      out += c;
    }
    return out;
  }

  std::vector<std::pair<std::string, std::string>> params_;
};

}  // namespace webcodecs
