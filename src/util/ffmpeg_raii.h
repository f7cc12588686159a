// An owner for every FFmpeg type in use (those of libavformat: ffmpeg_formats.h). No av_*_free stands anywhere else.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavutil/buffer.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <memory>

#include "util/ffmpeg_compat.h"

namespace webcodecs {

struct AVFrameDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using AVFramePtr = std::unique_ptr<AVFrame, AVFrameDeleter>;

struct AVPacketDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using AVPacketPtr = std::unique_ptr<AVPacket, AVPacketDeleter>;

struct AVCodecContextDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
using AVCodecContextPtr = std::unique_ptr<AVCodecContext, AVCodecContextDeleter>;

struct AVCodecParserContextDeleter {
  void operator()(AVCodecParserContext* parser) const { av_parser_close(parser); }
};
using AVCodecParserContextPtr = std::unique_ptr<AVCodecParserContext, AVCodecParserContextDeleter>;

struct AVBSFContextDeleter {
  void operator()(AVBSFContext* context) const { av_bsf_free(&context); }
};
using AVBSFContextPtr = std::unique_ptr<AVBSFContext, AVBSFContextDeleter>;

struct SwsContextDeleter {
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
using SwsContextPtr = std::unique_ptr<SwsContext, SwsContextDeleter>;

struct SwrContextDeleter {
  void operator()(SwrContext* context) const { swr_free(&context); }
};
using SwrContextPtr = std::unique_ptr<SwrContext, SwrContextDeleter>;

struct AVBufferRefDeleter {
  void operator()(AVBufferRef* buffer) const { av_buffer_unref(&buffer); }
};
using AVBufferRefPtr = std::unique_ptr<AVBufferRef, AVBufferRefDeleter>;

// Options on their way into avcodec_open2() or avformat_open_input(), which take those they know and leave the rest.
class AVDictionaryOwner {
 public:
  AVDictionaryOwner() = default;
  AVDictionaryOwner(const AVDictionaryOwner&) = delete;
  AVDictionaryOwner& operator=(const AVDictionaryOwner&) = delete;
  ~AVDictionaryOwner() { av_dict_free(&dictionary_); }

  bool Set(const char* key, const char* value) { return av_dict_set(&dictionary_, key, value, 0) >= 0; }
  AVDictionary** address() { return &dictionary_; }
  bool Has(const char* key) const { return av_dict_get(dictionary_, key, nullptr, 0) != nullptr; }
  // The first option that nobody took, or null.
  const char* FirstKey() const {
    const AVDictionaryEntry* entry = av_dict_get(dictionary_, "", nullptr, AV_DICT_IGNORE_SUFFIX);
    return entry ? entry->key : nullptr;
  }

 private:
  AVDictionary* dictionary_ = nullptr;
};

}  // namespace webcodecs
