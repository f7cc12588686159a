// The one way in which native code reports a failure: a code that lib/errors.ts maps to an exception, and a message.
#pragma once

#include <string>
#include <utility>

namespace webcodecs {

// Keep in step with StatusCode in lib/native/events.ts.
enum class StatusCode : int {
  kOk = 0,
  kNotSupported = 1,
  kEncoding = 2,
  kOutOfMemory = 3,
  kInternal = 4,
  kDataError = 5,
  kAborted = 6,
  kTimeout = 7,
  kNotFound = 8,
  kNetwork = 9,
  kNotReadable = 10,
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return Status(); }
  // `error` is one of FFmpeg's AVERROR codes; the message tells it in words.
  static Status FromAv(StatusCode code, const char* what, int error);

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

}  // namespace webcodecs
