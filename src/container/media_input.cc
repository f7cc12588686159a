#include "container/media_input.h"

#include <cerrno>
#include <thread>

namespace webcodecs {
namespace {

constexpr int kReadBufferSize = 64 << 10;
// Between two looks at a device that has nothing yet.
constexpr auto kRetryAfter = std::chrono::milliseconds(2);

int64_t Nanoseconds(Deadline time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

StatusCode StatusCodeOfIo(int error) {
  switch (error) {
    case AVERROR(ENOMEM):
      return StatusCode::kOutOfMemory;
    case AVERROR(ENOENT):
    case AVERROR(ENODEV):
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR_STREAM_NOT_FOUND:
      return StatusCode::kNotFound;
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_MUXER_NOT_FOUND:
    case AVERROR_PROTOCOL_NOT_FOUND:
    case AVERROR_PATCHWELCOME:
    case AVERROR(ENOSYS):
      return StatusCode::kNotSupported;
    case AVERROR(ETIMEDOUT):
      return StatusCode::kTimeout;
    case AVERROR_EXIT:
      return StatusCode::kAborted;
    case AVERROR(ECONNREFUSED):
    case AVERROR(ECONNRESET):
    case AVERROR(ECONNABORTED):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
    case AVERROR(EPIPE):
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
    case AVERROR_HTTP_OTHER_4XX:
    case AVERROR_HTTP_SERVER_ERROR:
      return StatusCode::kNetwork;
    case AVERROR(EACCES):
    case AVERROR(EPERM):
    case AVERROR(EISDIR):
    case AVERROR(EBUSY):
    case AVERROR(EIO):
    case AVERROR(ENOSPC):
    case AVERROR(EROFS):
      return StatusCode::kNotReadable;
    default:
      return StatusCode::kDataError;
  }
}

std::string WithoutCredentials(const std::string& url) {
  const size_t authority = url.find("://");
  if (authority == std::string::npos) return url;
  const size_t begin = authority + 3;
  const size_t at = url.rfind('@', url.find('/', begin));
  return at == std::string::npos || at < begin ? url : url.substr(0, begin) + url.substr(at + 1);
}

MediaInput::~MediaInput() {
  BeginDeadline();
  context_.reset();
}

Status MediaInput::Open(const MediaInputOptions& options) {
  Status status = LoadFormatLibrary();
  if (!status.ok()) return status;
  timeout_us_ = options.timeout_us;
  name_ = options.url.empty() ? "the input" : WithoutCredentials(options.url);
  BeginDeadline();
  status = OpenContext(options);
  return status.ok() && options.find_stream_info ? FindStreamInfo() : status;
}

Status MediaInput::OpenContext(const MediaInputOptions& options) {
  const AVInputFormat* format = options.input_format;
  if (!format && !options.format.empty()) {
    format = Formats().av_find_input_format(options.format.c_str());
    if (!format) return Status(StatusCode::kNotSupported, "no demuxer has the name " + options.format);
  }
  AVDictionaryOwner dictionary;
  for (const auto& [key, value] : options.dictionary) {
    if (!dictionary.Set(key.c_str(), value.c_str())) return Status(StatusCode::kOutOfMemory, "out of memory");
  }
  AVFormatContext* context = Formats().avformat_alloc_context();
  if (!context) return Status(StatusCode::kOutOfMemory, "out of memory");
  context->interrupt_callback = {OnInterruptCheck, this};
  if (bytes_) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kReadBufferSize));
    if (buffer) {
      io_.reset(Formats().avio_alloc_context(buffer, kReadBufferSize, 0, this, OnRead, nullptr, OnSeek));
      if (!io_) av_free(buffer);
    }
    if (!io_) {
      Formats().avformat_free_context(context);
      return Status(StatusCode::kOutOfMemory, "out of memory");
    }
    if (!bytes_->IsSeekable()) io_->seekable = 0;
    context->pb = io_.get();
    // Bytes that say "read that file too" come from who knows where.
    if (!dictionary.Has("protocol_whitelist") && !dictionary.Set("protocol_whitelist", "data,crypto")) {
      Formats().avformat_free_context(context);
      return Status(StatusCode::kOutOfMemory, "out of memory");
    }
  }
  // Frees the context when it fails.
  const int result = Formats().avformat_open_input(&context, options.url.c_str(), format, dictionary.address());
  if (result < 0) return Failure("cannot open " + name_, result);
  context_.reset(context);
  if (const char* unknown = dictionary.FirstKey()) {
    return Status(StatusCode::kNotSupported, std::string("the format ") + context->iformat->name +
                                                 " and its protocol have no option " + unknown);
  }
  return Status::Ok();
}

Status MediaInput::FindStreamInfo() {
  const int result = Formats().avformat_find_stream_info(context_.get(), nullptr);
  if (interrupted_ || result < 0) return Failure("cannot read " + name_, result < 0 ? result : AVERROR_EXIT);
  return Status::Ok();
}

Status MediaInput::ReadPacket(AVPacket* packet, bool* end) {
  *end = false;
  if (!context_) return Status(StatusCode::kInternal, "read before open");
  BeginDeadline();
  for (;;) {
    if (OnInterruptCheck(this)) return Failure("cannot read " + name_, AVERROR_EXIT);
    const int result = Formats().av_read_frame(context_.get(), packet);
    if (result >= 0) return Status::Ok();
    if (result == AVERROR(EAGAIN)) {
      std::this_thread::sleep_for(kRetryAfter);
      continue;
    }
    if (result != AVERROR_EOF) return Failure("cannot read " + name_, result);
    // Some demuxers take what their protocol could not read for the end.
    const AVIOContext* io = context_->pb;
    if (interrupted_ || (io && io->error < 0 && io->error != AVERROR_EOF)) {
      return Failure("cannot read " + name_, interrupted_ ? AVERROR_EXIT : io->error);
    }
    *end = true;
    return Status::Ok();
  }
}

bool MediaInput::HasNoTimes() const { return (context_->iformat->flags & AVFMT_NOTIMESTAMPS) != 0; }

bool MediaInput::IsSeekable() const {
  if (!context_ || HasNoTimes()) return false;
  if (context_->iformat->read_seek || context_->iformat->read_seek2) return true;
  return context_->pb && (context_->pb->seekable & AVIO_SEEKABLE_NORMAL) != 0;
}

Status MediaInput::Seek(int64_t time_us) {
  if (!context_) return Status(StatusCode::kInternal, "seek before open");
  BeginDeadline();
  if (HasNoTimes()) {
    if (time_us > 0) return Status(StatusCode::kNotSupported, std::string("no times to seek to in ") + context_->iformat->name);
    const int result = Formats().avformat_seek_file(context_.get(), -1, 0, 0, 0, AVSEEK_FLAG_BYTE);
    return result < 0 ? Failure("cannot seek in " + name_, result) : Status::Ok();
  }
  const int result = Formats().avformat_seek_file(context_.get(), -1, INT64_MIN, time_us, time_us, 0);
  if (result < 0) return Failure("cannot seek in " + name_, result);
  return Status::Ok();
}

void MediaInput::Interrupt() {
  interrupted_ = true;
  if (bytes_) bytes_->Interrupt();
}

void MediaInput::BeginDeadline() {
  const Deadline now = std::chrono::steady_clock::now();
  deadline_ = timeout_us_ > 0 ? Nanoseconds(now + std::chrono::microseconds(timeout_us_)) : INT64_MAX;
}

Status MediaInput::Failure(const std::string& what, int error) const {
  if (interrupted_) return Status(StatusCode::kAborted, what + ": it was aborted");
  const bool is_late = Nanoseconds(std::chrono::steady_clock::now()) >= deadline_;
  if (is_late && (error == AVERROR_EXIT || error == AVERROR(ETIMEDOUT))) {
    return Status(StatusCode::kTimeout, what + ": nothing came within " + std::to_string(timeout_us_ / 1000) + " ms");
  }
  return Status::FromAv(StatusCodeOfIo(error), what.c_str(), error);
}

int MediaInput::OnInterruptCheck(void* self) {
  const auto* input = static_cast<MediaInput*>(self);
  if (input->interrupted_) return 1;
  const int64_t deadline = input->deadline_;
  return deadline != INT64_MAX && Nanoseconds(std::chrono::steady_clock::now()) >= deadline;
}

int MediaInput::OnRead(void* self, uint8_t* data, int size) {
  auto* input = static_cast<MediaInput*>(self);
  if (input->interrupted_) return AVERROR_EXIT;
  const int64_t deadline = input->deadline_;
  return input->bytes_->Read(data, size,
                             deadline == INT64_MAX ? Deadline::max() : Deadline(std::chrono::nanoseconds(deadline)));
}

int64_t MediaInput::OnSeek(void* self, int64_t offset, int whence) {
  auto* input = static_cast<MediaInput*>(self);
  if (whence & AVSEEK_SIZE) {
    const int64_t size = input->bytes_->Size();
    return size < 0 ? AVERROR(ENOSYS) : size;
  }
  // libavformat turns the others into this one.
  if ((whence & ~AVSEEK_FORCE) != SEEK_SET) return AVERROR(EINVAL);
  return input->bytes_->Seek(offset);
}

}  // namespace webcodecs
