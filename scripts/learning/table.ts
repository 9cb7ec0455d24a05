// The table of docs/trainers/online-rl.md, between its two markers, from the result files of scripts/learning.ts.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { algorithms } from './algorithms.ts';

interface Measured {
  sampled: number;
  greedy: number;
}

const START = '<!-- learning table: written by scripts/learning.ts -->';
const END = '<!-- end of learning table -->';

const points = (share: number) => (100 * share).toFixed(1);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sampled accuracy of each algorithm on held-out problems beside its warm start, seed by seed; algorithms never measured are left out. */
export function writeTable(folder: string, seeds: number[], page: string): void {
  const read = (name: string): Measured | undefined => {
    const file = path.join(folder, `${name}.json`);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  };
  const before = seeds.map((seed) => read(`warm-start-${seed}`));
  const row = (name: string, found: (Measured | undefined)[]) => {
    const gains = found.flatMap((after, i) => (after && before[i] ? [after.sampled - before[i].sampled] : []));
    const cells = found.map((after) => (after ? points(after.sampled) : ''));
    const greedy = mean(found.flatMap((after) => (after ? [after.greedy] : [])));
    const gain = name === 'warm start' ? '' : `+${points(mean(gains))} (worst +${points(Math.min(...gains))})`;
    return `| ${[name, ...cells, points(greedy), gain].join(' | ')} |`;
  };
  const names = Object.keys(algorithms).filter((name) => seeds.some((seed) => read(`${name}-${seed}`)));
  const table = [
    `| algorithm | ${seeds.map((seed) => `seed ${seed}`).join(' | ')} | greedy, mean | gain in points, sampled |`,
    `|---|${seeds.map(() => '---|').join('')}---|---|`,
    row('warm start', before),
    ...names.map((name) =>
      row(
        name,
        seeds.map((seed) => read(`${name}-${seed}`)),
      ),
    ),
  ].join('\n');
  if (!existsSync(page)) {
    console.log(table);
    return;
  }
  const text = readFileSync(page, 'utf8');
  const [head, rest] = [text.split(START)[0]!, text.split(END)[1]!];
  writeFileSync(page, `${head}${START}\n\n${table}\n\n${END}${rest}`);
}
