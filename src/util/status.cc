#include "util/status.h"

#include "util/ffmpeg_raii.h"

namespace webcodecs {

Status Status::FromAv(StatusCode code, const char* what, int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof(text));
  if (error == AVERROR(ENOMEM)) code = StatusCode::kOutOfMemory;
  return Status(code, std::string(what) + ": " + text);
}

}  // namespace webcodecs
