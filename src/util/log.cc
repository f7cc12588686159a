#include "util/log.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sstream>

#include "util/ffmpeg_raii.h"

namespace webcodecs {

namespace {

constexpr const char* kCategoryNames[] = {"ffmpeg", "codec"};
constexpr const char* kLevelNames[] = {"silent", "error", "warn", "info", "debug"};

LogLevel levels[] = {LogLevel::kSilent, LogLevel::kSilent};

LogLevel FromAvLevel(int level) {
  if (level <= AV_LOG_ERROR) return LogLevel::kError;
  if (level <= AV_LOG_WARNING) return LogLevel::kWarn;
  if (level <= AV_LOG_VERBOSE) return LogLevel::kInfo;
  return LogLevel::kDebug;
}

int ToAvLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return AV_LOG_ERROR;
    case LogLevel::kWarn:
      return AV_LOG_WARNING;
    case LogLevel::kInfo:
      return AV_LOG_VERBOSE;
    case LogLevel::kDebug:
      return AV_LOG_DEBUG;
    default:
      return AV_LOG_QUIET;
  }
}

// Of the innermost WarningCapture of this thread.
thread_local std::vector<std::string>* captured = nullptr;

void OnAvLog(void* context, int level, const char* format, va_list arguments) {
  const bool captures = captured && level <= AV_LOG_WARNING;
  if (!captures && !LogEnabled(LogCategory::kFfmpeg, FromAvLevel(level))) return;
  char line[1024];
  int prefix = 1;
  av_log_format_line2(context, level, format, arguments, line, sizeof(line), &prefix);
  std::string text(line);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (captures) captured->push_back(text);
  Log(LogCategory::kFfmpeg, FromAvLevel(level), text);
}

void ReadSetting(const std::string& setting) {
  const size_t equals = setting.find('=');
  const std::string category = setting.substr(0, equals);
  const std::string level = equals == std::string::npos ? "info" : setting.substr(equals + 1);
  for (size_t c = 0; c < std::size(kCategoryNames); ++c) {
    if (category != kCategoryNames[c] && category != "all") continue;
    for (size_t l = 0; l < std::size(kLevelNames); ++l) {
      if (level == kLevelNames[l]) levels[c] = static_cast<LogLevel>(l);
    }
  }
}

void ReadSettings() {
  if (const char* variable = std::getenv("WEBCODECS_NATIVE_LOG")) {
    std::istringstream settings(variable);
    for (std::string setting; std::getline(settings, setting, ',');) ReadSetting(setting);
  }
  av_log_set_level(ToAvLevel(levels[static_cast<int>(LogCategory::kFfmpeg)]));
  av_log_set_callback(OnAvLog);
  // SVT-AV1 has no other way to be told.
  setenv("SVT_LOG", LogEnabled(LogCategory::kFfmpeg, LogLevel::kDebug) ? "3" : "0", 0);
}

}  // namespace

void StartLog() {
  static std::once_flag once;
  std::call_once(once, ReadSettings);
}

WarningCapture::WarningCapture() : outer_(captured) { captured = &lines_; }

WarningCapture::~WarningCapture() { captured = outer_; }

bool LogEnabled(LogCategory category, LogLevel level) {
  return level != LogLevel::kSilent && level <= levels[static_cast<int>(category)];
}

void Log(LogCategory category, LogLevel level, const std::string& message) {
  if (!LogEnabled(category, level)) return;
  std::fprintf(stderr, "webcodecs-native %s %s: %s\n", kCategoryNames[static_cast<int>(category)],
               kLevelNames[static_cast<int>(level)], message.c_str());
}

}  // namespace webcodecs
