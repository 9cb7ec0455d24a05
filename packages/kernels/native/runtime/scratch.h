// Working memory of kernels: grow-only buffers, 64-byte aligned, contents undefined, kept between records.
// Throws std::bad_alloc when the system has no memory; the stream turns that into a JS error.
#pragma once
#include <cstddef>

namespace thinkwright {

// Bytes of all buffers, of all threads.
std::size_t scratchBytesHeld();

constexpr int kScratchSlots = 16;

void* sharedScratchBytes(int slot, std::size_t bytes);
void* threadScratchBytes(int slot, std::size_t bytes);

// One buffer for all tasks of the running record. Call it outside parallel(); a kernel that calls another uses other slots.
template <class T>
inline T* sharedScratch(int slot, std::size_t count) {
  return static_cast<T*>(sharedScratchBytes(slot, count * sizeof(T)));
}

// The calling thread's own buffer. Call it inside a task.
template <class T>
inline T* threadScratch(int slot, std::size_t count) {
  return static_cast<T*>(threadScratchBytes(slot, count * sizeof(T)));
}

}  // namespace thinkwright
