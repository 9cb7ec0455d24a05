import { needsModel, ours, peer } from '../programs.mjs';

const batches = [1, 8, 64];

// float32 on both sides, ours with the weights in float32 and as the checkpoint holds them (bfloat16, computed in float32: the same
// values, the same tokens); then against whichever of its types is the faster one for transformers: that again, and rounded to 4.5 bits.
const pairs = [
  { name: 'decode', storage: 'float32', types: ['float32'] },
  { name: 'decode in float32, weights as in the file', storage: 'native', types: ['float32'] },
  { name: 'decode, bfloat16 weights', storage: 'bfloat16', types: ['float32', 'bfloat16'] },
  { name: 'decode, q4_0 weights', storage: 'q4_0', types: ['float32', 'bfloat16'] },
];

export default {
  name: 'decode',
  about:
    'greedy decoding of SmolLM2-135M, weights in f32, bfloat16 and q4_0, batch 1 / 8 / 64, against transformers.generate',
  missing: needsModel,
  async run({ runs, model }) {
    const row = (batch, name, unit) => ({ batch, name, unit, ours: [], peer: [] });
    const decoding = pairs.map((pair) => ({
      ...pair,
      rows: batches.map((batch) => row(batch, `${pair.name}, batch ${batch}, against transformers`, 'tokens/s')),
    }));
    const shares = [1, 64].map((batch) => ({
      ...row(batch, `JavaScript's share of a decoding step, batch ${batch}`, '%'),
      lowerIsBetter: true,
    }));
    const settings = ['--model', model, '--batch', ...batches.map(String), '--modes', 'greedy', '--runs', '1'];
    for (let round = 0; round < runs; round++) {
      const theirs = new Map();
      for (const type of ['float32', 'bfloat16']) {
        theirs.set(type, await peer('hf_generate.py', [...settings, '--dtype', type]));
      }
      for (const { storage, types, rows } of decoding) {
        const mine = await ours('decode.ts', ['--model', model, '--batch', batches.join(','), '--storage', storage]);
        if (storage === 'float32')
          for (const { batch, ours: our } of shares) our.push(100 * mine.javascriptShare[batch]);
        for (const { batch, ours: our, peer: their } of rows) {
          our.push(mine.tokensPerSecond[batch]);
          const rates = types.map((type) => theirs.get(type)?.decode_tokens_per_second[`greedy_${batch}`].median);
          if (rates.every((rate) => rate !== undefined)) their.push(Math.max(...rates));
        }
      }
    }
    return [...decoding.flatMap(({ rows }) => rows), ...shares];
  },
};
