import { kernelRows } from '../kernel-rows.mjs';

const TORCH = {
  'attention forward, 1 x 1024 tokens': (results) => results.attention_forward.gflops.median,
  'attention forward and backward, 1 x 1024 tokens': (results) => results.attention_forward_backward.gflops.median,
};

export default {
  name: 'attention',
  about: 'causal attention, 9 heads of 64 on 3 key/value heads, forward and backward, against the FMA peak and PyTorch',
  run: ({ runs }) => kernelRows({ family: 'attention', runs, torch: (name) => TORCH[name] }),
};
