// Preloaded into Node: counts the allocations of 4 kB or more that the addon itself makes, directly or through a function
// of FFmpeg that allocates what it is asked for. What codecs allocate for themselves is not counted: the call must
// come from the addon's own code. The counts are in a file that the process, or any other, can read at any time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kLarge = 4096, kRemembered = 64 };

struct Counts {
  uint64_t count;
  uint64_t bytes;
  // The last ones: size, and where in the addon they were asked for.
  uint64_t last[kRemembered][2];
};

static struct Counts nowhere;
static struct Counts* counts = &nowhere;

__attribute__((constructor)) static void Begin(void) {
  const char* path = getenv("ALLOCATION_COUNTS");
  if (!path) return;
  const int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(struct Counts)) != 0) return;
  void* memory = (void*)syscall(SYS_mmap, NULL, sizeof(struct Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) counts = memory;
  close(file);
}

static void Note(size_t size, void* caller) {
  Dl_info info;
  if (size < kLarge || !dladdr(caller, &info) || !info.dli_fname || !strstr(info.dli_fname, "webcodecs.node")) return;
  const uint64_t index = __atomic_fetch_add(&counts->count, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&counts->bytes, size, __ATOMIC_RELAXED);
  counts->last[index % kRemembered][0] = size;
  counts->last[index % kRemembered][1] = (uint64_t)((char*)caller - (char*)info.dli_fbase);
}

#define CALLER __builtin_return_address(0)

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  Note(size, CALLER);
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  Note(count * size, CALLER);
  return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  Note(size, CALLER);
  return __libc_realloc(memory, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  Note(size, CALLER);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  Note(size, CALLER);
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : 12;
}

// operator new and operator new[], plain and aligned.
void* _Znwm(size_t size) {
  Note(size, CALLER);
  void* memory = __libc_malloc(size ? size : 1);
  if (!memory) abort();
  return memory;
}

void* _Znam(size_t size) {
  Note(size, CALLER);
  void* memory = __libc_malloc(size ? size : 1);
  if (!memory) abort();
  return memory;
}

void* _ZnwmSt11align_val_t(size_t size, size_t alignment) {
  Note(size, CALLER);
  void* memory = __libc_memalign(alignment, size);
  if (!memory) abort();
  return memory;
}

void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  if (flags & MAP_ANONYMOUS) Note(size, CALLER);
  return (void*)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

// --- FFmpeg ---------------------------------------------------------------------------------------------------------

struct Search {
  const char* library;
  void* handle;
};

static int Look(struct dl_phdr_info* info, size_t size, void* data) {
  struct Search* search = data;
  (void)size;
  if (!strstr(info->dlpi_name, search->library)) return 0;
  search->handle = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
  return search->handle != NULL;
}

static void* Find(const char* library, const char* name) {
  struct Search search = {library, NULL};
  dl_iterate_phdr(Look, &search);
  return search.handle ? dlsym(search.handle, name) : NULL;
}

#define REAL(library, name, type)                       \
  static __typeof__(type) real;                         \
  if (!real) real = (__typeof__(type))Find(library, name); \
  if (!real) abort()

void* av_malloc(size_t size) {
  REAL("libavutil.so", "av_malloc", void* (*)(size_t));
  Note(size, CALLER);
  return real(size);
}

void* av_mallocz(size_t size) {
  REAL("libavutil.so", "av_mallocz", void* (*)(size_t));
  Note(size, CALLER);
  return real(size);
}

void* av_buffer_alloc(size_t size) {
  REAL("libavutil.so", "av_buffer_alloc", void* (*)(size_t));
  Note(size, CALLER);
  return real(size);
}

int av_new_packet(void* packet, int size) {
  REAL("libavcodec.so", "av_new_packet", int (*)(void*, int));
  Note((size_t)size, CALLER);
  return real(packet, size);
}

// Its size is in the frame; no frame that is worth a buffer is smaller.
int av_frame_get_buffer(void* frame, int align) {
  REAL("libavutil.so", "av_frame_get_buffer", int (*)(void*, int));
  Note(kLarge, CALLER);
  return real(frame, align);
}
