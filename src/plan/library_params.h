// Parameters in a library's own syntax, "key=value:key=value", which FFmpeg passes through as one option.
#pragma once

#include <string>

namespace webcodecs {

class LibraryParams {
 public:
  void Add(const std::string& key, const std::string& value) {
    if (!text_.empty()) text_ += ':';
    text_ += key + '=' + value;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace webcodecs
