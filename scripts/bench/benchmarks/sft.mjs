import { needsModel, ours, peer } from '../programs.mjs';

// Tokens a second count real positions on both sides. TRL's unpacked batch of 8 rows holds about 1,700 of them and is met by four
// of our bins (2,048), the plain loop likewise; TRL's two packed bins by two of ours.
const trl = { script: 'trl_sft.py', args: ['--steps', '4', '--drop', '1'] };
const packed = { ...trl, args: [...trl.args, '--packing', '--max-length', '512', '--batch-size', '2'] };
const padded = { ...trl, args: [...trl.args, '--max-length', '512', '--batch-size', '8'] };
const loop = {
  script: 'torch_sft.py',
  args: ['--steps', '4', '--drop', '1', '--max-length', '512', '--batch-size', '8'],
};

const comparisons = [
  { label: 'SFT, all weights', method: 'full', args: [], peerProgram: packed },
  {
    label: 'SFT, all weights, checkpointed, against TRL not',
    method: 'full',
    args: ['--gradient-checkpointing'],
    peerProgram: packed,
  },
  { label: 'SFT, LoRA r 16', method: 'lora', args: [], peerProgram: packed },
  { label: 'SFT, all weights, against TRL padded', method: 'full', args: ['--batch-size', '4'], peerProgram: padded },
  {
    label: 'SFT, all weights, against a plain PyTorch loop',
    method: 'full',
    args: ['--batch-size', '4'],
    peerProgram: loop,
  },
];

export default {
  name: 'sft',
  about:
    'fine-tuning of SmolLM2-135M, f32, GSM8K rows, packed to 512, against TRL packed and padded and a plain loop (minutes)',
  long: true,
  missing: needsModel,
  async run({ runs, model }) {
    const measured = comparisons.map(({ label }) => ({
      speed: { name: label, unit: 'tokens/s', ours: [], peer: [] },
      memory: { name: `${label}, peak memory`, unit: 'GB', ours: [], peer: [], lowerIsBetter: true },
    }));
    for (let round = 0; round < runs; round++) {
      const seen = new Map();
      const once = async (key, run) => seen.get(key) ?? seen.set(key, await run()).get(key);
      for (const [index, { method, args, peerProgram }] of comparisons.entries()) {
        const theirs = await once(`${method} ${peerProgram.script} ${peerProgram.args}`, () =>
          peer(peerProgram.script, ['--model', model, '--method', method, ...peerProgram.args]),
        );
        const mine = await once(`${method} ${args}`, () =>
          ours('sft.ts', ['--model', model, '--method', method, ...args]),
        );
        const { speed, memory } = measured[index];
        speed.ours.push(mine.tokensPerSecond);
        memory.ours.push(mine.peakGigabytes);
        if (theirs) speed.peer.push(theirs.tokens_per_second);
        if (theirs) memory.peer.push(theirs.peak_rss_gb);
      }
    }
    return measured.flatMap(({ speed, memory }) => [speed, memory]);
  },
};
