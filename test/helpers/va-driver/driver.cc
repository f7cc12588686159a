// A VA-API driver without a device, for tests: it encodes H.264 (Constrained Baseline) without compressing anything, as
// I_PCM macroblocks, and decodes such streams, so that what comes out must be exactly what went in. FFmpeg and libva
// above it are the real ones, and so are their files of headers, their surfaces, their uploads and downloads.
//
// While there is a file "hang" beside it, it does not answer; with "broken" it decodes to black and fails to encode.
//
// libva asks libdrm whether the file that stands for the device is a render node; preloaded, this library says yes.
#include <va/va_backend.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unistd.h>
#include <vector>

// The name by which libva finds a driver of its own version.
#define INIT_FUNCTION_NAME(major, minor) __vaDriverInit_##major##_##minor
#define INIT_FUNCTION(major, minor) INIT_FUNCTION_NAME(major, minor)

extern "C" __attribute__((visibility("default"))) int drmGetNodeTypeFromFd(int) { return 2; }

namespace {

constexpr int kMacroblock = 16;
constexpr unsigned kPcmInISlices = 25, kPcmInPSlices = 30;

struct Surface {
  int width, height, pitch, rows;
  std::vector<uint8_t> memory;
  uint8_t* luma() { return memory.data(); }
  uint8_t* chroma() { return memory.data() + static_cast<size_t>(pitch) * rows; }
};

struct Buffer {
  VABufferType type;
  std::vector<uint8_t> memory;
  uint8_t* data;  // the memory's, or a surface's
  unsigned elements = 1;
  VACodedBufferSegment segment{};
};

struct Config {
  VAEntrypoint entrypoint;
};

struct Context {
  VAEntrypoint entrypoint;
  VASurfaceID target = VA_INVALID_ID;
  std::vector<VABufferID> rendered;
};

struct Driver {
  std::mutex mutex;
  VAGenericID next = 1;
  std::map<VAGenericID, Surface> surfaces;
  std::map<VAGenericID, Buffer> buffers;
  std::map<VAGenericID, Config> configs;
  std::map<VAGenericID, Context> contexts;
  std::map<VAGenericID, VAImage> images;
};

Driver& Of(VADriverContextP context) { return *static_cast<Driver*>(context->pDriverData); }
// Whether there is a file of this name beside the driver.
bool HasMode(const char* mode) {
  const char* folder = std::getenv("LIBVA_DRIVERS_PATH");
  return folder && access((std::string(folder) + '/' + mode).c_str(), F_OK) == 0;
}

// --- Bits ---------------------------------------------------------------------------------------------------------

class BitWriter {
 public:
  void Bit(int bit) {
    if (used_ % 8 == 0) bytes_.push_back(0);
    bytes_.back() |= static_cast<uint8_t>(bit << (7 - used_++ % 8));
  }
  void Bits(const uint8_t* data, size_t count) {
    for (size_t i = 0; i < count; i++) Bit(data[i / 8] >> (7 - i % 8) & 1);
  }
  void Unsigned(unsigned value) {
    int length = 0;
    while ((value + 1) >> (length + 1)) length++;
    for (int i = 0; i < length; i++) Bit(0);
    for (int i = length; i >= 0; i--) Bit((value + 1) >> i & 1);
  }
  void Align() { used_ = bytes_.size() * 8; }
  void Byte(uint8_t byte) {
    bytes_.push_back(byte);
    used_ += 8;
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
  size_t used_ = 0;
};

class BitReader {
 public:
  BitReader(const std::vector<uint8_t>& bytes, size_t position) : bytes_(bytes), position_(position) {}
  int Bit() {
    const int bit = position_ / 8 < bytes_.size() ? bytes_[position_ / 8] >> (7 - position_ % 8) & 1 : 1;
    position_++;
    return bit;
  }
  unsigned Unsigned() {
    int zeros = 0;
    while (zeros < 31 && Bit() == 0) zeros++;
    unsigned value = 1;
    for (int i = 0; i < zeros; i++) value = value << 1 | static_cast<unsigned>(Bit());
    return value - 1;
  }
  void Align() { position_ = (position_ + 7) / 8 * 8; }
  uint8_t Byte() {
    const size_t index = position_ / 8;
    position_ += 8;
    return index < bytes_.size() ? bytes_[index] : 0;
  }

 private:
  const std::vector<uint8_t>& bytes_;
  size_t position_;
};

// Emulation prevention (ITU-T H.264, 7.4.1.1).
std::vector<uint8_t> Escape(const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> out;
  int zeros = 0;
  for (uint8_t byte : bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push_back(3);
      zeros = 0;
    }
    out.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
  return out;
}

std::vector<uint8_t> Unescape(const uint8_t* data, size_t size) {
  std::vector<uint8_t> out;
  int zeros = 0;
  for (size_t i = 0; i < size; i++) {
    if (zeros >= 2 && data[i] == 3) {
      zeros = 0;
      continue;
    }
    out.push_back(data[i]);
    zeros = data[i] == 0 ? zeros + 1 : 0;
  }
  return out;
}

// --- Macroblocks --------------------------------------------------------------------------------------------------

// Calls `each(plane, x, y)` for the samples of a macroblock in coding order; plane 0 is Y, 1 U, 2 V.
template <typename Each>
void ForSamples(int macroblock_x, int macroblock_y, Each each) {
  for (int plane = 0; plane < 3; plane++) {
    const int side = plane == 0 ? kMacroblock : kMacroblock / 2;
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) each(plane, macroblock_x * side + x, macroblock_y * side + y);
    }
  }
}

// Samples beyond the picture repeat its last ones.
uint8_t* SampleOf(Surface& surface, int plane, int x, int y) {
  if (plane == 0) return surface.luma() + std::min(y, surface.height - 1) * surface.pitch + std::min(x, surface.width - 1);
  x = std::min(x, (surface.width + 1) / 2 - 1);
  y = std::min(y, (surface.height + 1) / 2 - 1);
  return surface.chroma() + y * surface.pitch + 2 * x + (plane - 1);
}

void WriteMacroblocks(Surface& surface, int columns, int rows, bool intra, BitWriter* out) {
  for (int my = 0; my < rows; my++) {
    for (int mx = 0; mx < columns; mx++) {
      if (!intra) out->Unsigned(0);  // mb_skip_run
      out->Unsigned(intra ? kPcmInISlices : kPcmInPSlices);
      out->Align();
      ForSamples(mx, my, [&](int plane, int x, int y) { out->Byte(*SampleOf(surface, plane, x, y)); });
    }
  }
  out->Bit(1);  // rbsp_stop_one_bit
}

// Everything but I_PCM is taken for a grey picture.
void ReadMacroblocks(Surface& surface, int columns, int rows, bool intra, BitReader in) {
  std::fill(surface.memory.begin(), surface.memory.end(), HasMode("broken") ? 16 : 128);
  if (HasMode("broken")) return;
  for (int my = 0; my < rows; my++) {
    for (int mx = 0; mx < columns; mx++) {
      if (!intra && in.Unsigned() != 0) return;
      if (in.Unsigned() != (intra ? kPcmInISlices : kPcmInPSlices)) return;
      in.Align();
      ForSamples(mx, my, [&](int plane, int x, int y) {
        const uint8_t sample = in.Byte();
        const bool inside = plane == 0 ? x < surface.width && y < surface.height
                                       : x < (surface.width + 1) / 2 && y < (surface.height + 1) / 2;
        if (inside) *SampleOf(surface, plane, x, y) = sample;
      });
    }
  }
}

// --- Pictures -----------------------------------------------------------------------------------------------------

VAStatus Encode(Driver& driver, Context& context) {
  if (HasMode("broken")) return VA_STATUS_ERROR_OPERATION_FAILED;
  Surface& surface = driver.surfaces.at(context.target);
  std::vector<uint8_t> stream;
  VABufferID coded = VA_INVALID_ID;

  const int columns = (surface.width + kMacroblock - 1) / kMacroblock;
  const int rows = (surface.height + kMacroblock - 1) / kMacroblock;
  VAEncPackedHeaderParameterBuffer header{};
  std::vector<uint8_t> slice_header;
  size_t slice_bits = 0;
  for (VABufferID id : context.rendered) {
    Buffer& buffer = driver.buffers.at(id);
    switch (buffer.type) {
      case VAEncPictureParameterBufferType:
        coded = reinterpret_cast<VAEncPictureParameterBufferH264*>(buffer.data)->coded_buf;
        break;
      case VAEncPackedHeaderParameterBufferType:
        header = *reinterpret_cast<VAEncPackedHeaderParameterBuffer*>(buffer.data);
        break;
      case VAEncPackedHeaderDataBufferType:
        if (header.type == VAEncPackedHeaderSlice) {
          slice_header.assign(buffer.data, buffer.data + (header.bit_length + 7) / 8);
          slice_bits = header.bit_length;
        } else {
          stream.insert(stream.end(), buffer.data, buffer.data + header.bit_length / 8);
        }
        break;
      case VAEncSliceParameterBufferType: {
        const auto* slice = reinterpret_cast<VAEncSliceParameterBufferH264*>(buffer.data);
        // The start code stays as it is; emulation prevention is for what comes behind it.
        const size_t start = slice_header[2] == 1 ? 3 : 4;
        const std::vector<uint8_t> plain = Unescape(slice_header.data() + start, slice_header.size() - start);
        const size_t removed = slice_header.size() - start - plain.size();
        BitWriter bits;
        bits.Bits(plain.data(), slice_bits - (start + removed) * 8);
        WriteMacroblocks(surface, columns, rows, slice->slice_type % 5 == 2, &bits);
        stream.insert(stream.end(), slice_header.begin(), slice_header.begin() + static_cast<long>(start));
        const std::vector<uint8_t> escaped = Escape(bits.bytes());
        stream.insert(stream.end(), escaped.begin(), escaped.end());
        break;
      }
      default:
        break;
    }
  }
  Buffer& out = driver.buffers.at(coded);
  out.memory = std::move(stream);
  out.segment = {};
  out.segment.size = static_cast<unsigned>(out.memory.size());
  out.segment.buf = out.memory.data();
  out.data = reinterpret_cast<uint8_t*>(&out.segment);
  return VA_STATUS_SUCCESS;
}

VAStatus Decode(Driver& driver, Context& context) {
  Surface& surface = driver.surfaces.at(context.target);
  const VASliceParameterBufferH264* slice = nullptr;
  int columns = 0, rows = 0;
  for (VABufferID id : context.rendered) {
    Buffer& buffer = driver.buffers.at(id);
    if (buffer.type == VAPictureParameterBufferType) {
      const auto* picture = reinterpret_cast<VAPictureParameterBufferH264*>(buffer.data);
      columns = picture->picture_width_in_mbs_minus1 + 1;
      rows = picture->picture_height_in_mbs_minus1 + 1;
    } else if (buffer.type == VASliceParameterBufferType) {
      slice = reinterpret_cast<VASliceParameterBufferH264*>(buffer.data);
    } else if (buffer.type == VASliceDataBufferType && slice) {
      const std::vector<uint8_t> plain = Unescape(buffer.data + slice->slice_data_offset, slice->slice_data_size);
      ReadMacroblocks(surface, columns, rows, slice->slice_type % 5 == 2, BitReader(plain, slice->slice_data_bit_offset));
    }
  }
  return VA_STATUS_SUCCESS;
}

// --- The driver's table -------------------------------------------------------------------------------------------

VAStatus Terminate(VADriverContextP context) {
  delete &Of(context);
  return VA_STATUS_SUCCESS;
}

VAStatus QueryConfigProfiles(VADriverContextP, VAProfile* profiles, int* count) {
  profiles[0] = VAProfileH264ConstrainedBaseline;
  *count = 1;
  return VA_STATUS_SUCCESS;
}

VAStatus QueryConfigEntrypoints(VADriverContextP, VAProfile profile, VAEntrypoint* entrypoints, int* count) {
  if (profile != VAProfileH264ConstrainedBaseline) return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
  entrypoints[0] = VAEntrypointVLD;
  entrypoints[1] = VAEntrypointEncSlice;
  *count = 2;
  return VA_STATUS_SUCCESS;
}

VAStatus GetConfigAttributes(VADriverContextP, VAProfile, VAEntrypoint entrypoint, VAConfigAttrib* attributes, int count) {
  const bool encodes = entrypoint == VAEntrypointEncSlice;
  for (int i = 0; i < count; i++) {
    unsigned value = VA_ATTRIB_NOT_SUPPORTED;
    if (attributes[i].type == VAConfigAttribRTFormat) value = VA_RT_FORMAT_YUV420;
    if (encodes && attributes[i].type == VAConfigAttribRateControl) value = VA_RC_CQP | VA_RC_CBR | VA_RC_VBR;
    if (encodes && attributes[i].type == VAConfigAttribEncMaxRefFrames) value = 1;
    if (encodes && attributes[i].type == VAConfigAttribEncPackedHeaders) {
      value = VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_SLICE | VA_ENC_PACKED_HEADER_MISC;
    }
    attributes[i].value = value;
  }
  return VA_STATUS_SUCCESS;
}

VAStatus CreateConfig(VADriverContextP context, VAProfile profile, VAEntrypoint entrypoint, VAConfigAttrib*, int, VAConfigID* id) {
  if (profile != VAProfileH264ConstrainedBaseline) return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.configs[*id = driver.next++] = {entrypoint};
  return VA_STATUS_SUCCESS;
}

VAStatus DestroyConfig(VADriverContextP context, VAConfigID id) {
  Of(context).configs.erase(id);
  return VA_STATUS_SUCCESS;
}

VAStatus QueryConfigAttributes(VADriverContextP, VAConfigID, VAProfile*, VAEntrypoint*, VAConfigAttrib*, int* count) {
  *count = 0;
  return VA_STATUS_SUCCESS;
}

VAStatus CreateSurfaces2(VADriverContextP context, unsigned, unsigned width, unsigned height, VASurfaceID* ids,
                         unsigned count, VASurfaceAttrib*, unsigned) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  for (unsigned i = 0; i < count; i++) {
    Surface surface{static_cast<int>(width), static_cast<int>(height), static_cast<int>((width + 63) / 64 * 64),
                    static_cast<int>((height + 15) / 16 * 16), {}};
    surface.memory.resize(static_cast<size_t>(surface.pitch) * surface.rows * 3 / 2);
    driver.surfaces[ids[i] = driver.next++] = std::move(surface);
  }
  return VA_STATUS_SUCCESS;
}

VAStatus CreateSurfaces(VADriverContextP context, int width, int height, int format, int count, VASurfaceID* ids) {
  return CreateSurfaces2(context, static_cast<unsigned>(format), static_cast<unsigned>(width),
                         static_cast<unsigned>(height), ids, static_cast<unsigned>(count), nullptr, 0);
}

VAStatus DestroySurfaces(VADriverContextP context, VASurfaceID* ids, int count) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  for (int i = 0; i < count; i++) driver.surfaces.erase(ids[i]);
  return VA_STATUS_SUCCESS;
}

VAStatus QuerySurfaceAttributes(VADriverContextP, VAConfigID, VASurfaceAttrib* attributes, unsigned* count) {
  struct Row {
    VASurfaceAttribType type;
    int value;
  };
  const Row rows[] = {{VASurfaceAttribPixelFormat, VA_FOURCC_NV12},
                      {VASurfaceAttribMinWidth, 16},
                      {VASurfaceAttribMinHeight, 16},
                      {VASurfaceAttribMaxWidth, 4096},
                      {VASurfaceAttribMaxHeight, 4096}};
  const unsigned all = sizeof(rows) / sizeof(rows[0]);
  for (unsigned i = 0; attributes && i < std::min(*count, all); i++) {
    attributes[i] = {};
    attributes[i].type = rows[i].type;
    attributes[i].flags = VA_SURFACE_ATTRIB_GETTABLE;
    attributes[i].value.type = VAGenericValueTypeInteger;
    attributes[i].value.value.i = rows[i].value;
  }
  *count = all;
  return VA_STATUS_SUCCESS;
}

VAStatus CreateContext(VADriverContextP context, VAConfigID config, int, int, int, VASurfaceID*, int, VAContextID* id) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  const VAEntrypoint entrypoint = driver.configs.at(config).entrypoint;
  driver.contexts[*id = driver.next++].entrypoint = entrypoint;
  return VA_STATUS_SUCCESS;
}

VAStatus DestroyContext(VADriverContextP context, VAContextID id) {
  Of(context).contexts.erase(id);
  return VA_STATUS_SUCCESS;
}

VABufferID AddBuffer(Driver& driver, VABufferType type, size_t size) {
  const VABufferID id = driver.next++;
  Buffer& buffer = driver.buffers[id];
  buffer.type = type;
  buffer.memory.resize(size);
  buffer.data = buffer.memory.data();
  return id;
}

VAStatus CreateBuffer(VADriverContextP context, VAContextID, VABufferType type, unsigned size, unsigned elements,
                      void* data, VABufferID* id) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  *id = AddBuffer(driver, type, static_cast<size_t>(size) * elements);
  if (data) std::memcpy(driver.buffers.at(*id).data, data, static_cast<size_t>(size) * elements);
  return VA_STATUS_SUCCESS;
}

VAStatus BufferSetNumElements(VADriverContextP, VABufferID, unsigned) { return VA_STATUS_SUCCESS; }

VAStatus MapBuffer(VADriverContextP context, VABufferID id, void** data) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  auto found = driver.buffers.find(id);
  if (found == driver.buffers.end()) return VA_STATUS_ERROR_INVALID_BUFFER;
  *data = found->second.data;
  return VA_STATUS_SUCCESS;
}

VAStatus UnmapBuffer(VADriverContextP, VABufferID) { return VA_STATUS_SUCCESS; }

VAStatus DestroyBuffer(VADriverContextP context, VABufferID id) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.buffers.erase(id);
  return VA_STATUS_SUCCESS;
}

VAStatus BeginPicture(VADriverContextP context, VAContextID id, VASurfaceID target) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.contexts.at(id).target = target;
  driver.contexts.at(id).rendered.clear();
  return VA_STATUS_SUCCESS;
}

VAStatus RenderPicture(VADriverContextP context, VAContextID id, VABufferID* buffers, int count) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  auto& rendered = driver.contexts.at(id).rendered;
  rendered.insert(rendered.end(), buffers, buffers + count);
  return VA_STATUS_SUCCESS;
}

VAStatus EndPicture(VADriverContextP context, VAContextID id) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  Context& work = driver.contexts.at(id);
  return work.entrypoint == VAEntrypointVLD ? Decode(driver, work) : Encode(driver, work);
}

VAStatus SyncSurface(VADriverContextP, VASurfaceID) { return VA_STATUS_SUCCESS; }

VAStatus QuerySurfaceStatus(VADriverContextP, VASurfaceID, VASurfaceStatus* status) {
  *status = VASurfaceReady;
  return VA_STATUS_SUCCESS;
}

VAImageFormat Nv12() {
  VAImageFormat format{};
  format.fourcc = VA_FOURCC_NV12;
  format.byte_order = VA_LSB_FIRST;
  format.bits_per_pixel = 12;
  return format;
}

VAStatus QueryImageFormats(VADriverContextP, VAImageFormat* formats, int* count) {
  formats[0] = Nv12();
  *count = 1;
  return VA_STATUS_SUCCESS;
}

VAImage DescribeImage(Driver& driver, const Surface& shape, VABufferID buffer) {
  VAImage image{};
  image.image_id = driver.next++;
  image.format = Nv12();
  image.buf = buffer;
  image.width = static_cast<uint16_t>(shape.width);
  image.height = static_cast<uint16_t>(shape.height);
  image.data_size = static_cast<unsigned>(shape.pitch * shape.rows * 3 / 2);
  image.num_planes = 2;
  image.pitches[0] = image.pitches[1] = static_cast<unsigned>(shape.pitch);
  image.offsets[1] = static_cast<unsigned>(shape.pitch * shape.rows);
  driver.images[image.image_id] = image;
  return image;
}

VAStatus CreateImage(VADriverContextP context, VAImageFormat*, int width, int height, VAImage* image) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  const Surface shape{width, height, (width + 63) / 64 * 64, (height + 15) / 16 * 16, {}};
  const VABufferID buffer = AddBuffer(driver, VAImageBufferType, static_cast<size_t>(shape.pitch) * shape.rows * 3 / 2);
  *image = DescribeImage(driver, shape, buffer);
  return VA_STATUS_SUCCESS;
}

VAStatus DeriveImage(VADriverContextP context, VASurfaceID id, VAImage* image) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  Surface& surface = driver.surfaces.at(id);
  const VABufferID buffer = AddBuffer(driver, VAImageBufferType, 0);
  driver.buffers.at(buffer).data = surface.luma();
  *image = DescribeImage(driver, surface, buffer);
  return VA_STATUS_SUCCESS;
}

VAStatus DestroyImage(VADriverContextP context, VAImageID id) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.buffers.erase(driver.images.at(id).buf);
  driver.images.erase(id);
  return VA_STATUS_SUCCESS;
}

// The whole picture: nobody here asks for a part.
VAStatus CopyImage(VADriverContextP context, VASurfaceID surface_id, VAImageID image_id, bool to_surface) {
  Driver& driver = Of(context);
  std::lock_guard<std::mutex> lock(driver.mutex);
  Surface& surface = driver.surfaces.at(surface_id);
  const VAImage& image = driver.images.at(image_id);
  uint8_t* pixels = driver.buffers.at(image.buf).data;
  for (int plane = 0; plane < 2; plane++) {
    const int rows = std::min<int>(surface.height, image.height);
    for (int y = 0; y < (plane == 0 ? rows : (rows + 1) / 2); y++) {
      uint8_t* a = (plane == 0 ? surface.luma() : surface.chroma()) + y * surface.pitch;
      uint8_t* b = pixels + image.offsets[plane] + static_cast<size_t>(y) * image.pitches[plane];
      std::memcpy(to_surface ? a : b, to_surface ? b : a, std::min<size_t>(surface.pitch, image.pitches[plane]));
    }
  }
  return VA_STATUS_SUCCESS;
}

VAStatus GetImage(VADriverContextP context, VASurfaceID surface, int, int, unsigned, unsigned, VAImageID image) {
  return CopyImage(context, surface, image, false);
}

VAStatus PutImage(VADriverContextP context, VASurfaceID surface, VAImageID image, int, int, unsigned, unsigned, int, int,
                  unsigned, unsigned) {
  return CopyImage(context, surface, image, true);
}

// What libva demands and FFmpeg does not call.
template <typename... Arguments>
VAStatus Unimplemented(VADriverContextP, Arguments...) {
  return VA_STATUS_ERROR_UNIMPLEMENTED;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) VAStatus
INIT_FUNCTION(VA_MAJOR_VERSION, VA_MINOR_VERSION)(VADriverContextP context) {
  if (HasMode("hang")) pause();
  context->pDriverData = new Driver();
  context->version_major = VA_MAJOR_VERSION;
  context->version_minor = VA_MINOR_VERSION;
  context->max_profiles = 1;
  context->max_entrypoints = 2;
  context->max_attributes = 8;
  context->max_image_formats = 1;
  context->max_subpic_formats = 1;
  context->max_display_attributes = 1;
  context->str_vendor = "test driver";
  VADriverVTable& table = *context->vtable;
  table.vaTerminate = Terminate;
  table.vaQueryConfigProfiles = QueryConfigProfiles;
  table.vaQueryConfigEntrypoints = QueryConfigEntrypoints;
  table.vaGetConfigAttributes = GetConfigAttributes;
  table.vaCreateConfig = CreateConfig;
  table.vaDestroyConfig = DestroyConfig;
  table.vaQueryConfigAttributes = QueryConfigAttributes;
  table.vaCreateSurfaces = CreateSurfaces;
  table.vaCreateSurfaces2 = CreateSurfaces2;
  table.vaDestroySurfaces = DestroySurfaces;
  table.vaQuerySurfaceAttributes = QuerySurfaceAttributes;
  table.vaCreateContext = CreateContext;
  table.vaDestroyContext = DestroyContext;
  table.vaCreateBuffer = CreateBuffer;
  table.vaBufferSetNumElements = BufferSetNumElements;
  table.vaMapBuffer = MapBuffer;
  table.vaUnmapBuffer = UnmapBuffer;
  table.vaDestroyBuffer = DestroyBuffer;
  table.vaBeginPicture = BeginPicture;
  table.vaRenderPicture = RenderPicture;
  table.vaEndPicture = EndPicture;
  table.vaSyncSurface = SyncSurface;
  table.vaQuerySurfaceStatus = QuerySurfaceStatus;
  table.vaPutSurface = Unimplemented;
  table.vaQueryImageFormats = QueryImageFormats;
  table.vaCreateImage = CreateImage;
  table.vaDeriveImage = DeriveImage;
  table.vaDestroyImage = DestroyImage;
  table.vaSetImagePalette = Unimplemented;
  table.vaGetImage = GetImage;
  table.vaPutImage = PutImage;
  table.vaQuerySubpictureFormats = Unimplemented;
  table.vaCreateSubpicture = Unimplemented;
  table.vaDestroySubpicture = Unimplemented;
  table.vaSetSubpictureImage = Unimplemented;
  table.vaSetSubpictureChromakey = Unimplemented;
  table.vaSetSubpictureGlobalAlpha = Unimplemented;
  table.vaAssociateSubpicture = Unimplemented;
  table.vaDeassociateSubpicture = Unimplemented;
  table.vaQueryDisplayAttributes = Unimplemented;
  table.vaGetDisplayAttributes = Unimplemented;
  table.vaSetDisplayAttributes = Unimplemented;
  return VA_STATUS_SUCCESS;
}
