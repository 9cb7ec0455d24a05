// parallel(n, task): runs task(0) … task(n - 1), each once, on the stream thread and its helpers, and returns when all are done.
// Results must not depend on which thread runs a task: split rows and columns, never a sum.
// Called from inside a task of several it runs serially. Helpers cost about 2 us to start: keep records under 20 us of work serial (n = 1).
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace thinkwright {

// Threads that compute, the stream thread included.
int threadCount();

// Called with the stream idle. Grows or shrinks the number of threads that take part.
void setThreadCount(int count);

// Tasks not yet begun are dropped from now on: the process or the environment goes away.
void stopThreads();

// Whether that was called: a task that waits for another must not wait any more.
bool threadsAreStopping();

// Ends the helpers. Called after stopThreads(), when no job runs any more.
void joinThreads();

void runTasks(int count, void* context, void (*task)(void* context, int index));

template <class Task>
inline void parallel(int count, Task&& task) {
  using Plain = std::remove_reference_t<Task>;
  runTasks(count, const_cast<void*>(static_cast<const void*>(&task)),
           [](void* context, int index) { (*static_cast<Plain*>(context))(index); });
}

// body(begin, end) over [0, total) in even pieces of at most `grain`. Few pieces are as many for each thread: of unlike ones the
// threads would wait for the largest.
template <class Body>
inline void parallelRanges(std::int64_t total, std::int64_t grain, Body&& body) {
  if (total <= 0) return;
  grain = std::max<std::int64_t>(grain, 1);
  const std::int64_t threads = threadCount();
  std::int64_t pieces = (total + grain - 1) / grain;
  if (pieces > 1 && pieces < 4 * threads) pieces = (pieces + threads - 1) / threads * threads;
  std::int64_t size = (total + pieces - 1) / pieces;
  if (grain % 16 == 0) size = (size + 15) / 16 * 16;  // whole vectors
  parallel(static_cast<int>((total + size - 1) / size), [&](int piece) {
    const std::int64_t begin = piece * size;
    body(begin, std::min(total, begin + size));
  });
}

}  // namespace thinkwright
