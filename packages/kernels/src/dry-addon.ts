// An addon that computes nothing: launches vanish, written values are dropped, reads give zeros. With the allocator, which
// lives in JS, it tells to the byte what a run will hold, in milliseconds and without the memory.
import type { Addon } from './addon.ts';
import { RECORD_WORDS, RING_RECORDS } from './stream.ts';

// Layout as in native/runtime/stream.h.
const CONTROL_BYTES = 4096;
const PROFILE_BYTES = 256 * 3 * 8;
const HEAD = 0;
const TAIL = 16;

export function createDryAddon(): Addon {
  const shared = new ArrayBuffer(CONTROL_BYTES + RING_RECORDS * RECORD_WORDS * 4 + PROFILE_BYTES);
  const control = new Int32Array(shared, 0, CONTROL_BYTES / 4);
  const finishAll = () => {
    control[TAIL] = control[HEAD]!;
  };
  return {
    open: ({ arenaBytes }) => ({ shared, arenaBytes, instructionSet: 'portable' }),
    wake: finishAll,
    waitForRoom: finishAll,
    synchronize: finishAll,
    takeFailure: () => undefined,
    read: async (_address, target) => void target.fill(0),
    copyOut: (_address, target) => void target.fill(0),
    write() {},
    setThreads() {},
    setProfiling() {},
    startTrace() {},
    takeTrace: () => new ArrayBuffer(0),
    scratchBytes: () => 0,
  };
}
