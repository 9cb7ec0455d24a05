import { kernelRows } from '../kernel-rows.mjs';

export default {
  name: 'matmul',
  about:
    'f32 products at the shapes of a 135M Llama, 1 and 2 threads: share of the FMA peak of the same moment, and PyTorch',
  run({ runs }) {
    return kernelRows({
      family: 'products',
      runs,
      torch(name) {
        // PyTorch's one-row products read weights that are not in the cache, as ours named cold do.
        const shape = /^(cold )?y \[(\d+),(\d+)\]x\[\d+,(\d+)\]$/.exec(name);
        if (!shape || (shape[2] === '1') !== (shape[1] !== undefined)) return undefined;
        return (results) => results[`matmul_${shape[2]}x${shape[3]}x${shape[4]}_gflops`]?.median;
      },
    });
  },
};
