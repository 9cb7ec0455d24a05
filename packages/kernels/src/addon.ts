// The typed face of the compiled addon (native/runtime/addon.cc) and its loading. One addon serves one environment
// (main thread or worker thread) of a process at a time.
import { createRequire } from 'node:module';
import { KernelError, type KernelErrorCode } from './errors.ts';
import type { DeviceArray } from './stream.ts';

/** The instruction sets that kernels exist for; all give the same bits. */
export const INSTRUCTION_SETS = ['portable', 'avx2', 'avx512', 'neon'] as const;

export type InstructionSet = (typeof INSTRUCTION_SETS)[number];

export interface AddonOptions {
  arenaBytes: number;
  leastArenaBytes: number;
  threads: number;
  instructionSet: InstructionSet | 'auto';
}

export interface OpenedAddon {
  /** Control words, the ring and the profile counters, as laid out in native/runtime/stream.h. */
  shared: ArrayBuffer;
  /** What the system granted. */
  arenaBytes: number;
  instructionSet: InstructionSet;
}

export interface Addon {
  /** Throws with code TW_KERNELS_ENVIRONMENT while another thread of the process has it open. */
  open(options: AddonOptions): OpenedAddon;
  /** Wakes the sleeping worker. */
  wake(): void;
  /** Blocks until half of the ring is free. */
  waitForRoom(): void;
  /** Blocks until everything launched has run. */
  synchronize(): void;
  /** The message of a kernel that failed since the last call. */
  takeFailure(): string | undefined;
  /** Copies into `target` in stream order. */
  read(address: number, target: DeviceArray): Promise<void>;
  /** Copies at once. */
  copyOut(address: number, target: DeviceArray): void;
  /** Copies from `source` in stream order; the source may change after the call. */
  write(address: number, source: DeviceArray): void;
  setThreads(count: number): void;
  setProfiling(on: boolean): void;
  /** Keeps the next `most` executed records while profiling is on. */
  startTrace(most: number): void;
  /** Waits for the stream; the kept records, laid out as TraceEntry of native/runtime/stream.h. */
  takeTrace(): ArrayBuffer;
  /** What the kernels hold beside the arena. */
  scratchBytes(): number;
}

/** Loads a compiled addon. Throws TW_KERNELS_LOAD_FAILED. */
export function loadAddon(path: string): Addon {
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (error) {
    throw new KernelError(
      'TW_KERNELS_LOAD_FAILED',
      `the compiled kernels at ${path} do not load: ${(error as Error).message}. Delete that folder to compile them again.`,
      { cause: error },
    );
  }
}

/** Opens the addon, turning its errors into KernelErrors. */
export function openAddon(addon: Addon, options: AddonOptions): OpenedAddon {
  try {
    return addon.open(options);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code?.startsWith('TW_KERNELS_')) throw new KernelError(code as KernelErrorCode, message, { cause: error });
    throw error;
  }
}
