import { ours, peer } from '../programs.mjs';

const PROGRAM = '../../packages/verifier-math/scripts/bench.ts';

export default {
  name: 'verify-math',
  about: 'verdicts on mathematical answers, one core: throughput and latency against Math-Verify',
  async run({ runs }) {
    const row = (name, unit, lowerIsBetter) => ({
      name: `verify-math, ${name}`,
      unit,
      ours: [],
      peer: [],
      lowerIsBetter,
    });
    const speeds = ['core', 'parser'].map((tier) => ({ tier, ...row(`${tier} cases`, 'verdicts/s', false) }));
    const delays = ['p50', 'p95', 'p99'].map((share) => ({ share, ...row(`core cases, ${share}`, 'ms', true) }));
    const hostile = row('slowest hostile case', 'ms', true);
    for (let round = 0; round < runs; round++) {
      // Its robustness cases run into alarms of five seconds each; they are left out on its side.
      const theirs = await peer('math_verify_speed.py', ['--passes', '1', '--tiers', 'core', 'parser']);
      const mine = await ours(PROGRAM);
      for (const speed of speeds) {
        speed.ours.push(mine[speed.tier].perSecond);
        if (theirs) speed.peer.push(theirs.tiers[speed.tier].cases_per_second);
      }
      for (const delay of delays) {
        delay.ours.push(mine.core[delay.share]);
        if (theirs) delay.peer.push(theirs.tiers.core[`${delay.share}_ms`]);
      }
      hostile.ours.push(mine.robustness.max);
    }
    return [...speeds, ...delays, hostile];
  },
};
