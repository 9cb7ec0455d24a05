import { kernelRows } from '../kernel-rows.mjs';

// Arithmetic of the three products of 1,024 rows, 576 channels and 49,152 tokens, in milliseconds at 1 GFLOP/s.
const THREE_PRODUCTS = (3 * 2 * 1024 * 576 * 49152) / 1e6;

const TORCH = {
  'head forward and backward, 1024 rows': (results) =>
    THREE_PRODUCTS / results.head_and_cross_entropy_forward_backward.milliseconds.median,
};

export default {
  name: 'head',
  about: 'language-model head and cross-entropy, 1,024 rows, vocabulary 49,152, against the FMA peak and PyTorch',
  run: ({ runs }) => kernelRows({ family: 'head', runs, torch: (name) => TORCH[name] }),
};
