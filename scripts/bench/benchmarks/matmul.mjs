import { ours } from '../programs.mjs';

export default {
  name: 'matmul',
  about: 'f32 products at the shapes of a 135M Llama, one core: share of the FMA peak measured in the same run',
  async run({ runs }) {
    const rows = new Map();
    for (let round = 0; round < runs; round++) {
      const result = await ours('matmul.ts', [], { THINKWRIGHT_THREADS: '1' });
      for (const { name, gflops, peak } of result.products) {
        if (!rows.has(name)) rows.set(name, { name: `${name}, of FMA peak`, unit: 'GFLOP/s', ours: [], peer: [] });
        rows.get(name).ours.push(gflops);
        rows.get(name).peer.push(peak);
      }
    }
    return [...rows.values()];
  },
};
