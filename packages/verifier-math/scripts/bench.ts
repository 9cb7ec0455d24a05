// Latency and throughput on the public corpus, one core, as one JSON line. `npm run bench -- verify-math` runs it in turn
// with Math-Verify.
//   node --conditions=@thinkwright/source packages/verifier-math/scripts/bench.ts [--passes 5]
import { parseArgs } from 'node:util';
import { type MathCase, runCase } from '../src/corpus/cases.ts';
import { publicCases } from '../src/corpus/fixture.ts';

const { values } = parseArgs({ options: { passes: { type: 'string', default: '5' } } });

interface Figures {
  cases: number;
  perSecond: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** The median time of every case over the passes, like the baseline script. */
function measure(cases: readonly MathCase[], passes: number): Figures {
  for (const test of cases) runCase(test);
  const times = cases.map(() => [] as number[]);
  for (let pass = 0; pass < passes; pass++) {
    cases.forEach((test, index) => {
      const started = performance.now();
      runCase(test);
      times[index]!.push(performance.now() - started);
    });
  }
  const median = times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]!).sort((a, b) => a - b);
  const at = (share: number): number =>
    Number(median[Math.min(median.length - 1, Math.floor(share * median.length))]!.toFixed(3));
  const total = median.reduce((a, b) => a + b, 0);
  return {
    cases: cases.length,
    perSecond: Math.round((1000 * cases.length) / total),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}

const passes = Number(values.passes);
const cases = publicCases();
const ours: Record<string, Figures> = {};
for (const tier of ['core', 'parser', 'robustness'])
  ours[tier] = measure(
    cases.filter((test) => test.tier === tier),
    passes,
  );
console.log(JSON.stringify(ours));
