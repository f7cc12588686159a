// Scratch memory within one conversion, from the pool. Throws std::bad_alloc, as std::vector does.
#pragma once

#include <new>

#include "media/frame_pool.h"

namespace webcodecs {

template <typename T>
class PoolArray {
 public:
  explicit PoolArray(size_t count) {
    if (count == 0) return;
    buffer_ = FramePool::Global().Acquire(count * sizeof(T), AllocationKind::kScratch);
    if (!buffer_) throw std::bad_alloc();
  }

  // Uninitialised; null when there are none.
  T* data() { return buffer_ ? reinterpret_cast<T*>(buffer_->data()) : nullptr; }
  T& operator[](size_t index) { return data()[index]; }

 private:
  PoolBufferPtr buffer_;
};

}  // namespace webcodecs
