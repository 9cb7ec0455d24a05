import { needsModel, ours, peer } from '../programs.mjs';

export default {
  name: 'lora-sft',
  about: 'LoRA r 16 on all linear layers of SmolLM2-135M, GSM8K rows, 2 x 512 packed, against TRL (minutes)',
  missing: needsModel,
  async run({ runs, model }) {
    const speed = { name: 'LoRA SFT', unit: 'tokens/s', ours: [], peer: [] };
    const memory = { name: 'LoRA SFT, peak memory', unit: 'GB', ours: [], peer: [], lowerIsBetter: true };
    const trl = ['--model', model, '--method', 'lora', '--packing', '--max-length', '512', '--batch-size', '2'];
    for (let round = 0; round < runs; round++) {
      const theirs = await peer('trl_sft.py', [...trl, '--steps', '4', '--drop', '1']);
      const mine = await ours('lora-sft.ts', ['--model', model]);
      speed.ours.push(mine.tokensPerSecond);
      memory.ours.push(mine.peakGigabytes);
      if (theirs) speed.peer.push(theirs.tokens_per_second);
      if (theirs) memory.peer.push(theirs.peak_rss_gb);
    }
    return [speed, memory];
  },
};
