import { needsModel, ours, peer } from '../programs.mjs';

export default {
  name: 'grpo',
  about: 'one GRPO step of SmolLM2-135M, f32, all weights: 4 prompts x 8, 128 new tokens each, against TRL (minutes)',
  long: true,
  missing: needsModel,
  async run({ runs, model }) {
    const lower = { unit: 's', lowerIsBetter: true };
    const step = { name: 'GRPO step', ...lower, ours: [], peer: [] };
    const memory = { name: 'GRPO step, peak memory', ...lower, unit: 'GB', ours: [], peer: [] };
    for (let round = 0; round < runs; round++) {
      const theirs = await peer('trl_grpo.py', ['--model', model, '--fixed-length']);
      const mine = await ours('grpo.ts', ['--model', model]);
      step.ours.push(mine.secondsPerStep);
      memory.ours.push(mine.peakGigabytes);
      if (theirs) step.peer.push(theirs.seconds_per_step.total);
      if (theirs) memory.peer.push(theirs.peak_rss_gb);
    }
    return [step, memory];
  },
};
