// The allocator behind malloc().
#pragma once

namespace webcodecs {

// Gives the memory that was freed, and that the allocator keeps for reuse, back to the system. Takes milliseconds.
void TrimAllocator();

// The same after a codec has freed what it had, unless it was done in the last seconds.
void TrimAllocatorAfterCodec();

}  // namespace webcodecs
