// Rows of the kernel benchmarks: the figures of the kernels' own program beside the FMA peak, and beside PyTorch's at the same
// shapes, in turn, with one and two threads.
import { ours, peer } from './programs.mjs';

const THREADS = ['1', '2'];

/**
 * `torch` maps a figure's name to a function of torch_ops.py's results for one thread count that gives GFLOP/s, or undefined
 * where PyTorch has no such figure.
 */
export async function kernelRows({ family, runs, torch }) {
  const rows = new Map();
  const add = (name, mine, theirs) => {
    if (!rows.has(name)) rows.set(name, { name, unit: 'GFLOP/s', ours: [], peer: [] });
    rows.get(name).ours.push(mine);
    if (theirs !== undefined) rows.get(name).peer.push(theirs);
  };
  for (let round = 0; round < runs; round++) {
    const pytorch = await peer('torch_ops.py', ['--threads', ...THREADS, '--seconds', '0.3']);
    const { figures } = await ours('kernels.ts', [family, ...THREADS]);
    for (const { name, isa, threads, gflops, ofPeak } of figures) {
      const label = `${name}, ${threads} thread${threads === 1 ? '' : 's'}`;
      if (ofPeak > 0) add(`${label}, of the ${isa} FMA peak`, gflops, gflops / ofPeak);
      const theirs = pytorch && torch(name)?.(pytorch[`threads_${threads}`]);
      if (theirs !== undefined) add(`${label}, against PyTorch`, gflops, theirs);
    }
  }
  return [...rows.values()];
}
