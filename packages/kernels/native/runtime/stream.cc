#include "runtime/stream.h"

#include <time.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "runtime/dispatch.h"
#include "runtime/pause.h"
#include "runtime/thread-pool.h"

namespace thinkwright {

namespace {

constexpr int kWorkerSpins = 20000;  // about a millisecond, then the worker sleeps: waking it takes up to another
constexpr int kWaitSpins = 2000;

// Records that only C++ writes; their ids are negative so that they cannot meet those of the table.
constexpr std::int32_t kReadKernel = -1;
constexpr std::int32_t kWriteKernel = -2;

struct TransferRecord {
  std::int32_t kernel;
  std::int32_t address;
  void* host;  // ReadRequest*, or a staging copy that the worker frees
  std::size_t bytes;
};
static_assert(sizeof(TransferRecord) <= sizeof(Record));

Record transfer(std::int32_t kernel, std::int32_t address, void* host, std::size_t bytes) {
  const TransferRecord transferRecord{kernel, address, host, bytes};
  Record record{};
  std::memcpy(&record, &transferRecord, sizeof transferRecord);
  return record;
}

std::shared_ptr<char[]> allocateShared() {
  void* memory = std::aligned_alloc(4096, (kSharedBytes + 4095) / 4096 * 4096);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, kSharedBytes);
  return {static_cast<char*>(memory), [](char* block) { std::free(block); }};
}

std::atomic<std::uint32_t>& control(const std::shared_ptr<char[]>& shared, std::size_t offset) {
  return *new (shared.get() + offset) std::atomic<std::uint32_t>(0);
}

double nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

bool reached(std::uint32_t tail, std::uint32_t target) { return static_cast<std::int32_t>(tail - target) >= 0; }

}  // namespace

Stream::Stream(void (*finishRead)(ReadRequest*))
    : shared_(allocateShared()),
      head_(control(shared_, kHeadOffset)),
      tail_(control(shared_, kTailOffset)),
      parked_(control(shared_, kParkedOffset)),
      ring_(reinterpret_cast<Record*>(shared_.get() + kRingOffset)),
      profile_(reinterpret_cast<ProfileCounter*>(shared_.get() + kProfileOffset)),
      finishRead_(finishRead),
      worker_([this] { work(); }) {}

Stream::~Stream() { stop(); }

void Stream::stop() {
  if (!worker_.joinable()) return;
  stopping_.store(true);
  stopThreads();
  if (parked_.exchange(0) == 1) parked_.notify_one();
  worker_.join();
  joinThreads();
}

void Stream::work() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (!sleepUntilWork(tail)) continue;
    run(ring_[tail & (kRingRecords - 1)]);
    tail_.store(tail + 1);
    if (waiters_.load() > 0) tail_.notify_all();
  }
}

// True when a record is there; false when it was worth a look at the stop flag.
bool Stream::sleepUntilWork(std::uint32_t tail) {
  for (int spin = 0; spin < kWorkerSpins; spin++) {
    if (head_.load(std::memory_order_acquire) != tail) return true;
    pause();
  }
  parked_.store(1);
  if (head_.load() == tail && !stopping_.load()) parked_.wait(1);
  parked_.store(0);
  return false;
}

void Stream::run(const Record& record) {
  try {
    if (record.words[0] >= 0) {
      runKernel(record);
      return;
    }
    const auto& transferRecord = reinterpret_cast<const TransferRecord&>(record);
    if (transferRecord.kernel == kWriteKernel) {
      std::memcpy(at<char>(transferRecord.address), transferRecord.host, transferRecord.bytes);
      std::free(transferRecord.host);
      return;
    }
    auto* request = static_cast<ReadRequest*>(transferRecord.host);
    if (transferRecord.bytes > 0) std::memcpy(request->target, at<char>(transferRecord.address), transferRecord.bytes);
    request->failure = takeFailure();
    finishRead_(request);
  } catch (const std::exception& error) {
    const std::int32_t kernel = record.words[0];
    const char* name = kernel >= 0 && kernel < kKernelCount ? kKernelNames[kernel] : "unknown kernel";
    const std::lock_guard<std::mutex> lock(failureMutex_);
    if (!failure_) failure_ = std::string(name) + ": " + error.what();
  }
}

void Stream::runKernel(const Record& record) {
  const auto kernel = static_cast<Kernel>(record.words[0]);
  if (kernel == Kernel::noop) return;
  if (kernel == Kernel::replay) return replay(as<ReplayRecord>(record));
  if (!profiling_.load(std::memory_order_relaxed)) return execute(record);
  const double wall = nanoseconds(CLOCK_MONOTONIC);
  const double cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
  execute(record);
  ProfileCounter& counter = profile_[record.words[0]];
  const double elapsed = nanoseconds(CLOCK_MONOTONIC) - wall;
  counter.calls += 1;
  counter.wallNanoseconds += elapsed;
  counter.cpuNanoseconds += nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
  if (trace_.size() < trace_.capacity()) trace_.push_back({wall, elapsed, record});
}

void Stream::replay(const ReplayRecord& record) {
  const auto* program = reinterpret_cast<const Record*>(static_cast<const std::int32_t*>(record.program));
  for (std::int32_t i = 0; i < record.count && !stopping_.load(std::memory_order_relaxed); i++) runKernel(program[i]);
}

void Stream::wake() {
  if (parked_.load() == 1 && parked_.exchange(0) == 1) parked_.notify_one();
}

void Stream::waitForTail(std::uint32_t target) {
  wake();
  for (int spin = 0; spin < kWaitSpins; spin++) {
    if (reached(tail_.load(std::memory_order_acquire), target)) return;
    pause();
  }
  waiters_.fetch_add(1);
  for (;;) {
    const std::uint32_t tail = tail_.load();
    if (reached(tail, target)) break;
    wake();
    tail_.wait(tail);
  }
  waiters_.fetch_sub(1);
}

void Stream::waitForRoom() { waitForTail(head_.load() - kRingRecords / 2); }

void Stream::synchronize() { waitForTail(head_.load()); }

std::optional<std::string> Stream::takeFailure() {
  const std::lock_guard<std::mutex> lock(failureMutex_);
  return std::exchange(failure_, std::nullopt);
}

void Stream::push(const Record& record) {
  const std::uint32_t head = head_.load();
  if (head - tail_.load() >= kRingRecords) waitForRoom();
  ring_[head & (kRingRecords - 1)] = record;
  head_.store(head + 1);
  wake();
}

void Stream::read(std::int32_t address, std::size_t bytes, ReadRequest* request) {
  push(transfer(kReadKernel, address, request, bytes));
}

void Stream::write(std::int32_t address, const void* source, std::size_t bytes) {
  if (bytes == 0) return;
  if (head_.load() == tail_.load()) {  // nothing is under way: no staging copy
    std::memcpy(at<char>(address), source, bytes);
    return;
  }
  void* staging = std::malloc(bytes);
  if (staging == nullptr) {
    synchronize();
    std::memcpy(at<char>(address), source, bytes);
    return;
  }
  std::memcpy(staging, source, bytes);
  push(transfer(kWriteKernel, address, staging, bytes));
}

}  // namespace thinkwright
