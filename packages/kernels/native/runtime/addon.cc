// The bridge to Node: opening, waking, waiting, reading and writing. Launches do not pass here, they go through the ring.
// One environment (the main thread or a worker thread) at a time owns the device; ending it ends the stream.
#include <node_api.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "runtime/arena.h"
#include "runtime/cpu-features.h"
#include "runtime/scratch.h"
#include "runtime/stream.h"
#include "runtime/thread-pool.h"

namespace thinkwright {
namespace {

// A read whose promise is pending.
struct PendingRead : ReadRequest {
  napi_deferred deferred;
  napi_ref target_reference;
};

struct Device {
  std::unique_ptr<Stream> stream;
  napi_env environment = nullptr;
  napi_threadsafe_function reads_done = nullptr;
  int pending_reads = 0;
};

std::atomic<bool> taken{false};
Device* device = nullptr;  // never destroyed at process exit: the worker may still look at it

void rejectWith(napi_env env, napi_deferred deferred, const std::string& text) {
  napi_value message, error;
  napi_create_string_utf8(env, text.c_str(), text.size(), &message);
  napi_create_error(env, nullptr, message, &error);
  napi_reject_deferred(env, deferred, error);
}

// On the JS thread, for each finished read. `env` is null while the environment goes away.
void settleRead(napi_env env, napi_value, void*, void* erased) {
  const std::unique_ptr<PendingRead> read(static_cast<PendingRead*>(erased));
  if (env == nullptr) return;
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  if (read->failure) {
    rejectWith(env, read->deferred, *read->failure);
  } else {
    napi_resolve_deferred(env, read->deferred, undefined);
  }
  napi_delete_reference(env, read->target_reference);
  if (--device->pending_reads == 0) napi_unref_threadsafe_function(env, device->reads_done);
}

void announceRead(ReadRequest* request) {
  napi_call_threadsafe_function(device->reads_done, static_cast<PendingRead*>(request), napi_tsfn_nonblocking);
}

// The environment ends: the stream stops after the task it is in, what is queued is dropped.
void close(void*) {
  if (device == nullptr) return;
  device->stream->stop();
  device->stream.reset();
  delete device;
  device = nullptr;
  taken.store(false);
}

// process.exit() ends the process without ending the environment.
void stopAtExit() {
  if (device != nullptr && device->stream) device->stream->stop();
}

napi_value throwError(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
  return nullptr;
}

double numberProperty(napi_env env, napi_value object, const char* name) {
  napi_value value;
  double number = 0;
  napi_get_named_property(env, object, name, &value);
  napi_get_value_double(env, value, &number);
  return number;
}

std::string stringProperty(napi_env env, napi_value object, const char* name) {
  napi_value value;
  char text[32] = {};
  size_t length = 0;
  napi_get_named_property(env, object, name, &value);
  napi_get_value_string_utf8(env, value, text, sizeof text, &length);
  return text;
}

struct Span {
  void* memory;
  size_t bytes;
};

// The memory of a typed array.
bool spanOf(napi_env env, napi_value value, Span* span) {
  napi_typedarray_type type;
  size_t length;
  if (napi_get_typedarray_info(env, value, &type, &length, &span->memory, nullptr, nullptr) != napi_ok) {
    napi_throw_type_error(env, nullptr, "expected a typed array");
    return false;
  }
  const bool one = type == napi_int8_array || type == napi_uint8_array || type == napi_uint8_clamped_array;
  const bool two = type == napi_int16_array || type == napi_uint16_array;
  const bool four = type == napi_int32_array || type == napi_uint32_array || type == napi_float32_array;
  span->bytes = length * (one ? 1 : two ? 2 : four ? 4 : 8);
  return true;
}

struct Arguments {
  napi_value values[2] = {};
  std::int32_t address = 0;
  Span span{};
};

// (address, typed array)
bool transferArguments(napi_env env, napi_callback_info info, Arguments* arguments) {
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments->values, nullptr, nullptr);
  napi_get_value_int32(env, arguments->values[0], &arguments->address);
  return spanOf(env, arguments->values[1], &arguments->span);
}

napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value options;
  napi_get_cb_info(env, info, &count, &options, nullptr, nullptr);
  if (taken.exchange(true)) {
    return throwError(env, "TW_KERNELS_ENVIRONMENT",
                      "the native device is in use by another thread of this process: it serves one at a time. "
                      "Use it from one thread, or give each worker its own process (child_process.fork).");
  }
  const auto wanted = static_cast<size_t>(numberProperty(env, options, "arenaBytes"));
  const auto least = static_cast<size_t>(numberProperty(env, options, "leastArenaBytes"));
  const size_t granted = openArena(wanted, least);
  if (granted == 0) {
    taken.store(false);
    return throwError(env, "TW_KERNELS_OUT_OF_MEMORY",
                      "the system grants no " + std::to_string(least >> 20) +
                          " MiB of address space for the native device: raise the limit (ulimit -v, vm.overcommit_memory) "
                          "or lower THINKWRIGHT_MEMORY_GB");
  }
  const std::string wantedIsa = stringProperty(env, options, "instructionSet");
  Isa isa = bestIsa();
  for (const Isa one : kIsas) {
    if (wantedIsa == nameOf(one)) isa = one;
  }
  if (!isPresent(isa)) {
    taken.store(false);
    return throwError(env, "TW_KERNELS_BAD_OPTION",
                      "THINKWRIGHT_ISA=" + wantedIsa + ", but this processor does not have it: the best here is " + nameOf(bestIsa()) + ", which auto takes");
  }
  selectIsa(isa);
  setThreadCount(static_cast<int>(numberProperty(env, options, "threads")));

  device = new Device;
  device->environment = env;
  napi_value name;
  napi_create_string_utf8(env, "thinkwright reads", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, settleRead,
                                  &device->reads_done);
  napi_unref_threadsafe_function(env, device->reads_done);
  device->stream = std::make_unique<Stream>(announceRead);
  // After the threadsafe function, so that it runs before that is torn down.
  napi_add_env_cleanup_hook(env, close, nullptr);
  static const bool registered = std::atexit(stopAtExit) == 0;
  (void)registered;

  napi_value result, shared, bytes, isaName;
  auto* owner = new std::shared_ptr<char[]>(device->stream->sharedOwner());
  napi_create_external_arraybuffer(
      env, owner->get(), kSharedBytes, [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<char[]>*>(hint); },
      owner, &shared);
  napi_create_double(env, static_cast<double>(granted), &bytes);
  napi_create_string_utf8(env, nameOf(isa), NAPI_AUTO_LENGTH, &isaName);
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "shared", shared);
  napi_set_named_property(env, result, "arenaBytes", bytes);
  napi_set_named_property(env, result, "instructionSet", isaName);
  return result;
}

// False, with a JS error, when this environment has not opened the device.
bool opened(napi_env env) {
  if (device != nullptr && device->environment == env) return true;
  throwError(env, "TW_KERNELS_ENVIRONMENT", "the native device is not open in this thread");
  return false;
}

napi_value wake(napi_env env, napi_callback_info) {
  if (opened(env)) device->stream->wake();
  return nullptr;
}

napi_value waitForRoom(napi_env env, napi_callback_info) {
  if (opened(env)) device->stream->waitForRoom();
  return nullptr;
}

napi_value synchronize(napi_env env, napi_callback_info) {
  if (opened(env)) device->stream->synchronize();
  return nullptr;
}

napi_value takeFailure(napi_env env, napi_callback_info) {
  if (!opened(env)) return nullptr;
  const std::optional<std::string> failure = device->stream->takeFailure();
  if (!failure) return nullptr;
  napi_value text;
  napi_create_string_utf8(env, failure->c_str(), failure->size(), &text);
  return text;
}

napi_value read(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (!opened(env) || !transferArguments(env, info, &arguments)) return nullptr;
  auto* pending = new PendingRead;
  pending->target = arguments.span.memory;
  napi_value promise;
  napi_create_promise(env, &pending->deferred, &promise);
  napi_create_reference(env, arguments.values[1], 1, &pending->target_reference);
  if (device->pending_reads++ == 0) napi_ref_threadsafe_function(env, device->reads_done);
  device->stream->read(arguments.address, arguments.span.bytes, pending);
  return promise;
}

napi_value copyOut(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (!opened(env) || !transferArguments(env, info, &arguments)) return nullptr;
  if (arguments.span.bytes > 0) std::memcpy(arguments.span.memory, at<char>(arguments.address), arguments.span.bytes);
  return nullptr;
}

napi_value write(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (!opened(env) || !transferArguments(env, info, &arguments)) return nullptr;
  device->stream->write(arguments.address, arguments.span.memory, arguments.span.bytes);
  return nullptr;
}

napi_value setThreads(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  std::int32_t threads = 1;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  napi_get_value_int32(env, value, &threads);
  if (!opened(env)) return nullptr;
  device->stream->synchronize();
  setThreadCount(threads);
  return nullptr;
}

napi_value setProfiling(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  bool on = false;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  napi_get_value_bool(env, value, &on);
  if (opened(env)) device->stream->setProfiling(on);
  return nullptr;
}

napi_value startTrace(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  std::uint32_t most = 0;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  napi_get_value_uint32(env, value, &most);
  if (!opened(env)) return nullptr;
  device->stream->synchronize();
  device->stream->startTrace(most);
  return nullptr;
}

napi_value scratchBytes(napi_env env, napi_callback_info) {
  napi_value bytes;
  napi_create_double(env, static_cast<double>(scratchBytesHeld()), &bytes);
  return bytes;
}

// The kept records as one ArrayBuffer of TraceEntry.
napi_value takeTrace(napi_env env, napi_callback_info) {
  if (!opened(env)) return nullptr;
  device->stream->synchronize();
  const std::vector<TraceEntry> trace = device->stream->takeTrace();
  void* memory = nullptr;
  napi_value buffer;
  napi_create_arraybuffer(env, trace.size() * sizeof(TraceEntry), &memory, &buffer);
  if (!trace.empty()) std::memcpy(memory, trace.data(), trace.size() * sizeof(TraceEntry));
  return buffer;
}

napi_value initialize(napi_env env, napi_value exports) {
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {
      {"open", open},       {"wake", wake},       {"waitForRoom", waitForRoom}, {"synchronize", synchronize},
      {"takeFailure", takeFailure}, {"read", read}, {"copyOut", copyOut},       {"write", write},
      {"setThreads", setThreads},   {"setProfiling", setProfiling}, {"startTrace", startTrace}, {"takeTrace", takeTrace},
      {"scratchBytes", scratchBytes},
  };
  for (const auto& [name, function] : functions) {
    napi_value value;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
    napi_set_named_property(env, exports, name, value);
  }
  return exports;
}

}  // namespace
}  // namespace thinkwright

NAPI_MODULE_INIT() { return thinkwright::initialize(env, exports); }
