// The allocator behind malloc().
#pragma once

namespace webcodecs {

// Has large allocations of the process mapped on their own, so that they go back to the system when they are freed. Left
// to itself, glibc raises the size from which it does that with each one that is freed, up to 32 MB; then pieces of
// codecs that came and went lie between one another in the heaps of many threads, and resident memory doubles within hours.
// Leaves an allocator alone that the user has set up (MALLOC_MMAP_THRESHOLD_, GLIBC_TUNABLES).
void SetUpAllocator();

// Gives the memory that was freed, and that the allocator keeps for reuse, back to the system. Takes milliseconds.
void TrimAllocator();

// The same after a codec has freed what it had, unless it was done in the last seconds.
void TrimAllocatorAfterCodec();

}  // namespace webcodecs
