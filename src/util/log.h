// The one place through which native code and its libraries log. Silent unless WEBCODECS_NATIVE_LOG says otherwise, such
// as "ffmpeg=warn,codec=debug"; lines go to stderr.
#pragma once

#include <string>
#include <vector>

namespace webcodecs {

enum class LogCategory { kFfmpeg, kCodec };
enum class LogLevel { kSilent, kError, kWarn, kInfo, kDebug };

// Reads the variable and takes FFmpeg's log over. Called once, when the addon is loaded.
void StartLog();

bool LogEnabled(LogCategory category, LogLevel level);
void Log(LogCategory category, LogLevel level, const std::string& message);

// While it lives, what FFmpeg warns of on this thread: libraries refuse options with a line in the log and no error.
class WarningCapture {
 public:
  WarningCapture();
  ~WarningCapture();
  WarningCapture(const WarningCapture&) = delete;
  WarningCapture& operator=(const WarningCapture&) = delete;

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
  std::vector<std::string>* outer_;
};

}  // namespace webcodecs
