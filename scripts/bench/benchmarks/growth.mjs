// Our own figures only: what a token costs at each length of context, and what of it is attention.
import { needsModel, ours } from '../programs.mjs';

export default {
  name: 'growth',
  about: 'time a token at 256, 512, 1,024 and 2,048 tokens of context, with the share of attention; no peer',
  missing: needsModel,
  async run({ runs, model }) {
    const rows = new Map();
    const add = (name, unit, value) => {
      if (!rows.has(name)) rows.set(name, { name, unit, ours: [], peer: [], lowerIsBetter: true });
      rows.get(name).ours.push(value);
    };
    for (let round = 0; round < runs; round++) {
      const measured = await ours('growth.ts', ['--model', model]);
      for (const kind of ['decode', 'training'])
        for (const length of measured.lengths) {
          const { wall, attention, rest } = measured[kind][length];
          add(`${kind} at ${length} tokens, wall`, 'ms/token', wall);
          add(`${kind} at ${length} tokens, without attention (CPU)`, 'ms/token', rest);
          add(`${kind} at ${length} tokens, share of attention`, '%', (100 * attention) / (attention + rest));
        }
    }
    return [...rows.values()];
  },
};
