#include "runtime/scratch.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace thinkwright {

namespace {

constexpr std::size_t kAlignment = 64;

std::atomic<std::size_t> held{0};

struct Buffer {
  void* memory = nullptr;
  std::size_t bytes = 0;

  ~Buffer() { release(); }

  void release() {
    std::free(memory);
    held -= bytes;
    memory = nullptr;
    bytes = 0;
  }

  void* atLeast(std::size_t wanted) {
    if (wanted <= bytes) return memory;
    release();
    // Somewhat more, so that shapes that grow little by little do not allocate each time.
    const std::size_t rounded = (wanted + wanted / 32 + 2 * kAlignment - 1) / kAlignment * kAlignment;
    memory = std::aligned_alloc(kAlignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    bytes = rounded;
    held += bytes;
    return memory;
  }
};

// The shared buffers are never destroyed: the stream may still run while the process ends.
Buffer* sharedBuffers() {
  static Buffer* buffers = new Buffer[kScratchSlots];
  return buffers;
}

thread_local Buffer threadBuffers[kScratchSlots];

}  // namespace

std::size_t scratchBytesHeld() { return held.load(); }

void* sharedScratchBytes(int slot, std::size_t bytes) { return sharedBuffers()[slot].atLeast(bytes); }

void* threadScratchBytes(int slot, std::size_t bytes) { return threadBuffers[slot].atLeast(bytes); }

}  // namespace thinkwright
