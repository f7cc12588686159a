// The one place through which native code and its libraries log. Silent unless WEBCODECS_NATIVE_LOG says otherwise, such
// as "ffmpeg=warn,codec=debug"; lines go to stderr.
#pragma once

#include <string>

namespace webcodecs {

enum class LogCategory { kFfmpeg, kCodec };
enum class LogLevel { kSilent, kError, kWarn, kInfo, kDebug };

// Reads the variable and takes FFmpeg's log over. Called once, when the addon is loaded.
void StartLog();

bool LogEnabled(LogCategory category, LogLevel level);
void Log(LogCategory category, LogLevel level, const std::string& message);

}  // namespace webcodecs
