// libavformat, loaded on first use, and an owner for every type of it. With all that it brings (TLS, SRT, SMB, ...) it
// takes 35 ms to load, which a program that has no use for containers should not pay: nothing links to it.
#pragma once

extern "C" {
#include <libavformat/avformat.h>
#include <libavformat/avio.h>
}

#include <memory>

#include "util/ffmpeg_raii.h"
#include "util/status.h"

namespace webcodecs {

#if LIBAVFORMAT_VERSION_INT < AV_VERSION_INT(60, 15, 100)
#define WEBCODECS_AVFORMAT_SIDE_DATA_FUNCTIONS(X) X(av_stream_get_side_data) X(av_stream_add_side_data)
#else
#define WEBCODECS_AVFORMAT_SIDE_DATA_FUNCTIONS(X)
#endif

#define WEBCODECS_AVFORMAT_FUNCTIONS(X)      \
  WEBCODECS_AVFORMAT_SIDE_DATA_FUNCTIONS(X)  \
  X(av_demuxer_iterate)                      \
  X(av_find_default_stream_index)            \
  X(av_find_input_format)                    \
  X(av_guess_format)                         \
  X(av_guess_frame_rate)                     \
  X(av_guess_sample_aspect_ratio)            \
  X(av_interleaved_write_frame)              \
  X(av_muxer_iterate)                        \
  X(av_read_frame)                           \
  X(av_write_trailer)                        \
  X(avformat_alloc_context)                  \
  X(avformat_alloc_output_context2)          \
  X(avformat_close_input)                    \
  X(avformat_find_stream_info)               \
  X(avformat_free_context)                   \
  X(avformat_init_output)                    \
  X(avformat_new_stream)                     \
  X(avformat_open_input)                     \
  X(avformat_query_codec)                    \
  X(avformat_seek_file)                      \
  X(avformat_version)                        \
  X(avformat_write_header)                   \
  X(avio_alloc_context)                      \
  X(avio_closep)                             \
  X(avio_context_free)                       \
  X(avio_flush)                              \
  X(avio_open2)                              \
  X(avio_seek)                               \
  X(avio_size)

// libavformat's functions, under their own names.
struct FormatLibrary {
#define WEBCODECS_DECLARE(name) decltype(&::name) name = nullptr;
  WEBCODECS_AVFORMAT_FUNCTIONS(WEBCODECS_DECLARE)
#undef WEBCODECS_DECLARE
};

// Loads libavformat, once for the process; any thread. Fails where there is none of the version that this was compiled for.
Status LoadFormatLibrary();
// The library, after LoadFormatLibrary() succeeded.
const FormatLibrary& Formats();

struct AVInputDeleter {
  void operator()(AVFormatContext* context) const { Formats().avformat_close_input(&context); }
};
// A context that avformat_open_input() opened. Its AVIOContext is closed with it, unless it was the caller's own.
using AVInputPtr = std::unique_ptr<AVFormatContext, AVInputDeleter>;

struct AVFormatContextDeleter {
  void operator()(AVFormatContext* context) const { Formats().avformat_free_context(context); }
};
// A context that is not open, or one for output.
using AVFormatContextPtr = std::unique_ptr<AVFormatContext, AVFormatContextDeleter>;

struct AVIOContextDeleter {
  void operator()(AVIOContext* context) const {
    av_freep(&context->buffer);
    Formats().avio_context_free(&context);
  }
};
// A context with callbacks of ours, from avio_alloc_context(), and its buffer.
using AVIOContextPtr = std::unique_ptr<AVIOContext, AVIOContextDeleter>;

struct AVIOCloser {
  void operator()(AVIOContext* context) const { Formats().avio_closep(&context); }
};
// A context that avio_open2() opened.
using AVIOFilePtr = std::unique_ptr<AVIOContext, AVIOCloser>;

}  // namespace webcodecs
