import { needsModel, ours, peer } from '../programs.mjs';

export default {
  name: 'sft',
  about:
    'fine-tuning of SmolLM2-135M, f32, GSM8K rows, 2 x 512 packed, all weights and LoRA r 16, against TRL (minutes)',
  long: true,
  missing: needsModel,
  async run({ runs, model }) {
    const rows = [];
    for (const method of ['full', 'lora']) {
      const label = method === 'full' ? 'SFT, all weights' : 'SFT, LoRA r 16';
      const speed = { name: label, unit: 'tokens/s', ours: [], peer: [] };
      const memory = { name: `${label}, peak memory`, unit: 'GB', ours: [], peer: [], lowerIsBetter: true };
      const trl = ['--model', model, '--method', method, '--packing', '--max-length', '512', '--batch-size', '2'];
      for (let round = 0; round < runs; round++) {
        const theirs = await peer('trl_sft.py', [...trl, '--steps', '4', '--drop', '1']);
        const mine = await ours('sft.ts', ['--model', model, '--method', method]);
        speed.ours.push(mine.tokensPerSecond);
        memory.ours.push(mine.peakGigabytes);
        if (theirs) speed.peer.push(theirs.tokens_per_second);
        if (theirs) memory.peer.push(theirs.peak_rss_gb);
      }
      rows.push(speed, memory);
    }
    return rows;
  },
};
