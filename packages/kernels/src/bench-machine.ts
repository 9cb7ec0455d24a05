// This machine in a few seconds: its roofline, and how near to it the kernels come at the shapes of a 135M Llama. For
// `thinkwright doctor --bench`; comparisons with other programs are `npm run bench` of the repository.
import type { Address } from './allocator.ts';
import type { Roofline } from './roofline.ts';
import { currentRuntime } from './runtime.ts';
import { startTrace, type TraceEvent, takeTrace } from './trace.ts';

export interface KernelFigure {
  /** What ran, with its shapes. */
  name: string;
  /** Median over the rounds. */
  gflops: number;
  /** Share of the peak measured in the same run. */
  ofPeak: number;
}

export interface MachineFigures {
  instructionSet: string;
  threads: number;
  roofline: Roofline;
  kernels: KernelFigure[];
}

const [HIDDEN, OUTPUTS, VOCABULARY] = [576, 1536, 49_152];
const ROUNDS = 5;

/** @throws KernelError TW_KERNELS_OUT_OF_MEMORY below about 500 MB of free memory */
export async function benchMachine(): Promise<MachineFigures> {
  const runtime = currentRuntime();
  const { allocator, stream, instructionSet, threads } = runtime;
  const { launch } = stream;
  const held: [Address, number][] = [];
  const floats = (count: number): Address => {
    const address = allocator.allocate(4 * count);
    held.push([address, 4 * count]);
    launch.randomUniform(address, count, 1, 0, 0, 0, 0, -1, 1);
    return address;
  };
  const rows = 2048;
  const headRows = 256;
  try {
    const [x, dy, y] = [floats(rows * HIDDEN), floats(rows * OUTPUTS), floats(rows * OUTPUTS)];
    const [panels, dWeight] = [floats(HIDDEN * OUTPUTS), floats(HIDDEN * OUTPUTS)];
    const head = floats(VOCABULARY * HIDDEN);
    const [logProbs, targets] = [floats(headRows), floats(headRows)];
    launch.fill(1, targets, headRows, 7);
    const gemm = (m: number) =>
      launch.gemm(m, OUTPUTS, HIDDEN, x, 0, HIDDEN, panels, y, 0, OUTPUTS, 0, 0, 0, 0, 0, 0, 0);
    const launches = [2048, 64, 8, 1].map((m) => ({
      name: `product of ${m} rows [${HIDDEN} x ${OUTPUTS}]`,
      run: () => gemm(m),
    }));
    launches.push(
      {
        name: `weight gradient over ${rows} rows`,
        run: () => launch.gradWeight(rows, OUTPUTS, HIDDEN, dy, 0, OUTPUTS, x, HIDDEN, dWeight, 0),
      },
      {
        name: `head and log-softmax, ${headRows} rows, V ${VOCABULARY}`,
        run: () =>
          launch.tokenLogProbs(x, head, targets, 0, logProbs, 0, 0, headRows, HIDDEN, VOCABULARY, 1, 1, 1, 0, 0),
      },
    );
    for (const { run } of launches) run(); // first touch of memory and caches
    const roofline = await startTrace(runtime);
    for (let round = 0; round < ROUNDS; round++) for (const { run } of launches) run();
    const events = takeTrace(roofline, runtime);
    const kernels = launches.map(({ name }, index) => {
      const own = events.filter((_, place) => place % launches.length === index);
      const gflops = median(own.map(({ args }: TraceEvent) => args.GFLOPs!));
      return { name, gflops, ofPeak: gflops / roofline.gflops };
    });
    return { instructionSet, threads, roofline, kernels };
  } finally {
    runtime.addon.setProfiling(false);
    for (const [address, bytes] of held) allocator.release(address, bytes);
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
