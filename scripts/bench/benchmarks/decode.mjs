import { needsModel, ours, peer } from '../programs.mjs';

export default {
  name: 'decode',
  about: 'greedy decoding of SmolLM2-135M, f32, batch 1 / 8 / 64, against transformers.generate',
  missing: needsModel,
  async run({ runs, model }) {
    const rows = [1, 8, 64].map((batch) => ({
      batch,
      name: `decode, batch ${batch}, against transformers`,
      unit: 'tokens/s',
      ours: [],
      peer: [],
    }));
    const shares = [1, 64].map((batch) => ({
      batch,
      name: `JavaScript's share of a decoding step, batch ${batch}`,
      unit: '%',
      ours: [],
      peer: [],
      lowerIsBetter: true,
    }));
    const settings = ['--batch', '1', '8', '64', '--modes', 'greedy', '--runs', '1'];
    for (let round = 0; round < runs; round++) {
      const theirs = await peer('hf_generate.py', ['--model', model, ...settings]);
      const mine = await ours('decode.ts', ['--model', model, '--batch', '1,8,64']);
      for (const { batch, ours: our } of shares) our.push(100 * mine.javascriptShare[batch]);
      for (const row of rows) {
        row.ours.push(mine.tokensPerSecond[row.batch]);
        if (theirs) row.peer.push(theirs.decode_tokens_per_second[`greedy_${row.batch}`].median);
      }
    }
    return [...rows, ...shares];
  },
};
