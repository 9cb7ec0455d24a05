// Math verdicts of the reward server with its worker processes on; there is no peer, the bar is 2,000 a second on two cores.
import { ours } from '../programs.mjs';

export default {
  name: 'verdicts',
  about: 'math verdicts over HTTP, batches of 64, two worker processes (reads the reference data)',
  async run({ runs }) {
    const row = { name: 'math verdicts over HTTP', unit: 'verdicts/s', ours: [], peer: [] };
    for (let round = 0; round < runs; round++) row.ours.push((await ours('verdicts.ts')).verdictsPerSecond);
    return [row];
  },
};
