// The stream: a ring of launch records that JS fills and one worker thread executes in order.
// No N-API here; addon.cc is the bridge.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/records.h"

namespace thinkwright {

// Layout of the block shared with JS (src/stream.ts, src/profile.ts): control words, each on a cache line of its own,
// then the ring, then the profile counters.
constexpr std::uint32_t kRingRecords = 8192;
constexpr std::size_t kHeadOffset = 0;      // records written
constexpr std::size_t kTailOffset = 64;     // records finished
constexpr std::size_t kParkedOffset = 128;  // 1 while the worker sleeps
constexpr std::size_t kRingOffset = 4096;
constexpr std::size_t kProfileOffset = kRingOffset + kRingRecords * sizeof(Record);
constexpr int kProfileKernels = 256;
static_assert(kKernelCount <= kProfileKernels);

struct ProfileCounter {
  double calls;
  double wallNanoseconds;
  double cpuNanoseconds;  // of the stream thread
};
// One executed record while tracing; read by src/trace.ts.
struct TraceEntry {
  double startNanoseconds;  // CLOCK_MONOTONIC, as performance.now() counts
  double wallNanoseconds;
  Record record;
};

constexpr std::size_t kSharedBytes = kProfileOffset + kProfileKernels * sizeof(ProfileCounter);

// A copy from the device that is to be announced to JS. `finish` is called on the worker thread.
struct ReadRequest {
  void* target;
  std::optional<std::string> failure;
};

class Stream {
 public:
  // `finishRead` is called on the worker thread with each read that is complete.
  explicit Stream(void (*finishRead)(ReadRequest*));
  ~Stream();

  char* shared() { return shared_.get(); }
  // Keeps the shared block alive beyond the stream.
  std::shared_ptr<char[]> sharedOwner() { return shared_; }

  void wake();
  void waitForRoom();
  void synchronize();
  std::optional<std::string> takeFailure();
  void read(std::int32_t address, std::size_t bytes, ReadRequest* request);
  void write(std::int32_t address, const void* source, std::size_t bytes);
  void setProfiling(bool on) { profiling_.store(on); }
  // With the stream idle. Keeps the next `most` executed records; while profiling is on.
  void startTrace(std::size_t most) { trace_ = {}; trace_.reserve(most); }
  // With the stream idle.
  std::vector<TraceEntry> takeTrace() { return std::move(trace_); }

  // Drops what is not begun, ends the worker and the helpers. Safe to call twice.
  void stop();

 private:
  void work();
  bool sleepUntilWork(std::uint32_t tail);
  void run(const Record& record);
  void runKernel(const Record& record);
  void replay(const ReplayRecord& record);
  void push(const Record& record);
  void waitForTail(std::uint32_t target);

  std::shared_ptr<char[]> shared_;
  std::atomic<std::uint32_t>& head_;
  std::atomic<std::uint32_t>& tail_;
  std::atomic<std::uint32_t>& parked_;
  std::atomic<std::uint32_t> waiters_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> profiling_{false};
  Record* ring_;
  ProfileCounter* profile_;
  std::vector<TraceEntry> trace_;  // never grows beyond what startTrace reserved
  void (*finishRead_)(ReadRequest*);
  std::mutex failureMutex_;
  std::optional<std::string> failure_;
  std::thread worker_;
};

}  // namespace thinkwright
