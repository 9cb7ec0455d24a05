// The `native` device: what @thinkwright/tensors finds when it looks for devices.
import { type Availability, type Device, type DeviceOptions, tf } from '@thinkwright/tensors';
import { registerNativeBackend } from './backend.ts';
import { locateAddon } from './build.ts';
import { KernelError } from './errors.ts';
import { captureGraph } from './graph.ts';
import { collectPacks } from './kernels/packed-weights.ts';
import { currentRuntime, openRuntime, type Runtime } from './runtime.ts';
import { defaultThreadCount } from './threads.ts';
import { traceUntilExit } from './trace.ts';

async function probe(): Promise<Availability> {
  try {
    const { compiled } = await locateAddon();
    const state = compiled ? 'compiled' : 'compiles on first use';
    return { available: true, description: `C++ kernels on ${defaultThreadCount()} CPU cores (${state})` };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { available: false, reason: error.reason, fix: error.fix ?? 'Use the slow device: THINKWRIGHT_DEVICE=cpu.' };
  }
}

async function activate(options: DeviceOptions): Promise<void> {
  const runtime = await openRuntime({ threads: options.threads, dryRun: options.dryRun, signal: options.signal });
  registerNativeBackend(runtime);
  await traceIfAsked(runtime, options);
  await tf.setBackend('native');
}

let traced = false;

/** THINKWRIGHT_PROFILE=trace.json: a timeline of the whole process. */
async function traceIfAsked(runtime: Runtime, { dryRun }: DeviceOptions): Promise<void> {
  const file = process.env.THINKWRIGHT_PROFILE;
  if (traced || dryRun || !file?.endsWith('.json')) return;
  traced = true;
  await traceUntilExit(runtime, file);
}

export const device: Device = {
  name: 'native',
  description: 'C++ kernels on all CPU cores',
  probe,
  activate,
  captureGraph(run) {
    const { result: graph, packs } = collectPacks(() => captureGraph(currentRuntime(), run));
    return {
      ...graph,
      replay() {
        for (const pack of packs) pack.refresh();
        graph.replay();
      },
    };
  },
  synchronize: () => currentRuntime().stream.synchronize(),
  memory() {
    const { allocator, addon } = currentRuntime();
    return { ...allocator.report(), scratchBytes: addon.scratchBytes() };
  },
};
