// The one open native device of this thread: the compiled addon, its arena and allocator, and its stream.
import { totalmem } from 'node:os';
import { type Addon, INSTRUCTION_SETS, type InstructionSet, loadAddon, openAddon } from './addon.ts';
import { Allocator } from './allocator.ts';
import { buildAddon } from './build.ts';
import { createDryAddon } from './dry-addon.ts';
import { KernelError } from './errors.ts';
import { Stream } from './stream.ts';
import { defaultThreadCount } from './threads.ts';

const GIB = 2 ** 30;
const REACH = 2 ** 31 * 64 - 4096; // bytes that an int32 address in units of 64 can name
const LEAST_ARENA = 2 ** 28;

export interface RuntimeOptions {
  /** Threads that compute. Default: THINKWRIGHT_THREADS, else the physical cores. */
  threads?: number;
  /** Upper bound of device memory in GiB. Default: THINKWRIGHT_MEMORY_GB, else 90 % of the memory this process may use. */
  memoryGigabytes?: number;
  /** Default: THINKWRIGHT_ISA, else the best that the processor has. */
  instructionSet?: InstructionSet | 'auto';
  /** Check every record and wait for it. Default: THINKWRIGHT_CHECK=1. */
  check?: boolean;
  /** Count calls and time of each kernel. Default: THINKWRIGHT_PROFILE=1. */
  profile?: boolean;
  /** Allocate and launch, but compute nothing: for planning memory. Values that are read back mean nothing. */
  dryRun?: boolean;
  /** Stops the compilation. */
  signal?: AbortSignal;
}

export interface Runtime {
  readonly addon: Addon;
  readonly allocator: Allocator;
  readonly stream: Stream;
  readonly shared: ArrayBuffer;
  readonly instructionSet: InstructionSet;
  /** What it was opened with. */
  readonly options: { memoryGigabytes: number | undefined; check: boolean; dryRun: boolean };
  threads: number;
}

let opening: Promise<Runtime> | undefined;
let opened: Runtime | undefined;

/** The open device. Throws when openRuntime() has not resolved yet. */
export function currentRuntime(): Runtime {
  if (opened !== undefined) return opened;
  throw new KernelError('TW_KERNELS_ENVIRONMENT', "the native device is not open: await useDevice('native') first");
}

/**
 * Opens the device, compiling it if need be. A second call returns the same one with the thread count adjusted; what cannot
 * be changed any more must not differ (TW_KERNELS_BAD_OPTION).
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  opening ??= open(options).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  const runtime = await opening;
  refuseOtherOptions(runtime, options);
  if (options.threads !== undefined && options.threads !== runtime.threads) {
    const threads = threadCountOf(options.threads, 'threads');
    runtime.addon.setThreads(threads);
    runtime.threads = threads;
  }
  return runtime;
}

function refuseOtherOptions(runtime: Runtime, options: RuntimeOptions): void {
  const { memoryGigabytes, instructionSet, check, dryRun = false } = options;
  const other =
    (memoryGigabytes !== undefined && memoryGigabytes !== runtime.options.memoryGigabytes && 'memoryGigabytes') ||
    (instructionSet !== undefined && ![runtime.instructionSet, 'auto'].includes(instructionSet) && 'instructionSet') ||
    (check !== undefined && check !== runtime.options.check && 'check') ||
    (dryRun !== runtime.options.dryRun && 'dryRun');
  if (!other) return;
  throw new KernelError(
    'TW_KERNELS_BAD_OPTION',
    `the native device is open already with another ${other}: give it to the first openRuntime() or in the environment`,
  );
}

async function open(options: RuntimeOptions): Promise<Runtime> {
  const environment = process.env;
  const threads = threadCountOf(options.threads ?? environment.THINKWRIGHT_THREADS, 'THINKWRIGHT_THREADS');
  const instructionSet = instructionSetOf(options.instructionSet ?? environment.THINKWRIGHT_ISA);
  const arenaBytes = options.dryRun
    ? REACH
    : arenaBytesOf(options.memoryGigabytes ?? environment.THINKWRIGHT_MEMORY_GB);
  const check = options.check ?? environment.THINKWRIGHT_CHECK === '1';
  const dryRun = options.dryRun ?? false;
  const addon = dryRun ? createDryAddon() : loadAddon((await buildAddon({ signal: options.signal })).path);
  const leastArenaBytes = Math.min(arenaBytes, LEAST_ARENA);
  const opening = openAddon(addon, { arenaBytes, leastArenaBytes, threads, instructionSet });
  const allocator = new Allocator({ bytes: opening.arenaBytes, check });
  const stream = new Stream(addon, opening.shared, allocator, { check });
  addon.setProfiling(options.profile ?? environment.THINKWRIGHT_PROFILE === '1');
  opened = {
    addon,
    allocator,
    stream,
    shared: opening.shared,
    instructionSet: opening.instructionSet,
    options: { memoryGigabytes: options.memoryGigabytes, check, dryRun },
    threads,
  };
  return opened;
}

function threadCountOf(value: number | string | undefined, name: string): number {
  if (value === undefined || value === '') return defaultThreadCount();
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 256) return count;
  throw new KernelError('TW_KERNELS_BAD_OPTION', `${name} is "${value}": expected a whole number from 1 to 256`);
}

function instructionSetOf(value: string | undefined): InstructionSet | 'auto' {
  if (value === undefined || value === '') return 'auto';
  const known = INSTRUCTION_SETS.find((name) => name === value);
  if (known !== undefined || value === 'auto') return known ?? 'auto';
  const expected = `${INSTRUCTION_SETS.join(', ')} or auto`;
  throw new KernelError('TW_KERNELS_BAD_OPTION', `THINKWRIGHT_ISA is "${value}": expected ${expected}`);
}

function arenaBytesOf(value: number | string | undefined): number {
  if (value === undefined || value === '') {
    const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
    return Math.min(REACH, Math.max(LEAST_ARENA, Math.floor(0.9 * Math.min(totalmem(), constrained))));
  }
  const gigabytes = Number(value);
  if (gigabytes >= 1 / 1024 && gigabytes <= 128) return Math.min(REACH, Math.floor(gigabytes * GIB));
  throw new KernelError(
    'TW_KERNELS_BAD_OPTION',
    `THINKWRIGHT_MEMORY_GB is "${value}": expected a number of GiB above 0, at most 128`,
  );
}
