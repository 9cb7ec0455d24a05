// One job at a time. A single 64-bit ticket holds generation (24 bits) | tasks (20) | next task (20), and a thread takes a
// task by adding one to it: with all three in one atomic a helper that comes late can never run a task of another job.
#include "runtime/thread-pool.h"

#include <sched.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <utility>
#include <thread>
#include <vector>

#include "runtime/pause.h"

namespace thinkwright {

namespace {

constexpr int kHelperSpins = 4000;  // about 0.1 ms, then the helper sleeps
constexpr int kWaitSpins = 300;     // of the stream thread for the last tasks, then it yields
constexpr std::uint64_t kFieldMask = (1u << 20) - 1;
// `next` may pass `tasks` by one for each thread that looks for work in vain; it must not run over into `tasks`.
constexpr int kTasksOfOneJob = 1 << 19;

struct Pool {
  std::atomic<std::uint64_t> ticket{0};
  std::atomic<std::uint32_t> generation{0};  // changes with every job; helpers sleep on it
  std::atomic<std::uint32_t> sleeping{0};
  std::atomic<std::uint32_t> done{0};
  std::atomic<int> active{1};
  std::atomic<bool> stopping{false};
  void* context = nullptr;
  void (*task)(void*, int) = nullptr;
  std::vector<std::thread> helpers;
  std::mutex failureMutex;
  std::exception_ptr failure;
};

// Never destroyed: helpers may still look at it while the process ends.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
}

thread_local bool insideTask = false;

void runOne(Pool& p, int index) {
  if (p.stopping.load(std::memory_order_relaxed)) return;
  try {
    p.task(p.context, index);
  } catch (...) {
    const std::lock_guard<std::mutex> lock(p.failureMutex);
    if (!p.failure) p.failure = std::current_exception();
  }
}

void drain(Pool& p) {
  insideTask = true;
  for (;;) {
    std::uint64_t ticket = p.ticket.load(std::memory_order_relaxed);
    if ((ticket & kFieldMask) >= ((ticket >> 20) & kFieldMask)) break;
    ticket = p.ticket.fetch_add(1, std::memory_order_acq_rel);
    const std::uint64_t index = ticket & kFieldMask;
    if (index >= ((ticket >> 20) & kFieldMask)) break;
    runOne(p, static_cast<int>(index));
    p.done.fetch_add(1, std::memory_order_acq_rel);
  }
  insideTask = false;
}

void helper(int number) {
  Pool& p = pool();
  std::uint32_t seen = p.generation.load();
  for (;;) {
    // Also before the first wait: a helper that begins only after joinThreads() has seen its generation already, and none follows.
    if (p.stopping.load()) return;
    for (int spin = 0; spin < kHelperSpins && p.generation.load(std::memory_order_acquire) == seen; spin++) pause();
    if (p.generation.load() == seen) {
      p.sleeping.fetch_add(1);
      p.generation.wait(seen);
      p.sleeping.fetch_sub(1);
      continue;
    }
    seen = p.generation.load();
    if (number < p.active.load(std::memory_order_relaxed)) drain(p);
  }
}

void nextGeneration(Pool& p, std::uint32_t generation) {
  p.generation.store(generation);
  if (p.sleeping.load() > 0) p.generation.notify_all();
}

void runJob(Pool& p, int count) {
  const std::uint32_t generation = (p.generation.load(std::memory_order_relaxed) + 1) & 0xffffff;
  p.done.store(0, std::memory_order_relaxed);
  p.ticket.store((static_cast<std::uint64_t>(generation) << 40) | (static_cast<std::uint64_t>(count) << 20),
                 std::memory_order_release);
  nextGeneration(p, generation);
  drain(p);
  for (int spin = 0; p.done.load(std::memory_order_acquire) < static_cast<std::uint32_t>(count); spin++) {
    if (spin < kWaitSpins) {
      pause();
    } else {
      sched_yield();
    }
  }
  if (p.failure) std::rethrow_exception(std::exchange(p.failure, nullptr));
}

}  // namespace

int threadCount() { return pool().active.load(std::memory_order_relaxed); }

void setThreadCount(int count) {
  Pool& p = pool();
  p.stopping.store(false);
  while (static_cast<int>(p.helpers.size()) + 1 < count) {
    p.helpers.emplace_back(helper, static_cast<int>(p.helpers.size()) + 1);
  }
  p.active.store(count);
}

void stopThreads() {
  Pool& p = pool();
  p.stopping.store(true);
  // A job that is under way drops its remaining tasks; the generation changes only between jobs, so wait for that.
}

bool threadsAreStopping() { return pool().stopping.load(std::memory_order_relaxed); }

void joinThreads() {
  Pool& p = pool();
  nextGeneration(p, (p.generation.load() + 1) & 0xffffff);
  p.generation.notify_all();
  for (std::thread& thread : p.helpers) thread.join();
  p.helpers.clear();
}

void runTasks(int count, void* context, void (*task)(void*, int)) {
  Pool& p = pool();
  if (count <= 0) return;
  if (count == 1 || insideTask || p.active.load(std::memory_order_relaxed) == 1) {
    for (int index = 0; index < count && !p.stopping.load(std::memory_order_relaxed); index++) task(context, index);
    return;
  }
  p.context = context;
  p.task = task;
  if (count <= kTasksOfOneJob) return runJob(p, count);
  struct Slice {
    void* context;
    void (*task)(void*, int);
    int first;
  };
  for (int first = 0; first < count; first += kTasksOfOneJob) {
    Slice slice{context, task, first};
    p.context = &slice;
    p.task = [](void* erased, int index) {
      const Slice& s = *static_cast<Slice*>(erased);
      s.task(s.context, s.first + index);
    };
    runJob(p, std::min(kTasksOfOneJob, count - first));
  }
}

}  // namespace thinkwright
