// Ratios measured earlier, for machines without the peers, and the page made of them. A row is replaced when it is measured again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './programs.mjs';

const file = path.join(root, 'scripts/bench/recorded.json');
const page = path.join(root, 'docs/benchmarks.md');

/** Row name → { name, ours, peer, ratio, unit, oursSpread, peerSpread, rounds, cpu, date }. */
export function recordedRows() {
  const rows = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  return new Map(rows.map((row) => [row.name, row]));
}

export function recordRows(rows, { cpu, date }) {
  const all = recordedRows();
  for (const row of rows) if (row.ratio !== undefined) all.set(row.name, { ...row, cpu, date });
  const sorted = [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
  writeFileSync(page, benchmarkPage(sorted));
}

export function benchmarkPage(rows) {
  const figure = (value, spread, unit) => {
    const range = spread && spread[0] !== spread[1] ? ` (${spread.map(short).join('-')})` : '';
    return `${short(value)}${range} ${unit}`;
  };
  const lines = rows.map(
    (row) =>
      `| ${row.name} | ${figure(row.ours, row.oursSpread, row.unit)} | ${figure(row.peer, row.peerSpread, row.unit)} | ${row.ratio.toFixed(2)} | ${row.rounds} | ${row.cpu} | ${row.date} |`,
  );
  return `# Benchmarks

Ours and a peer's, run in turn within the same minutes on the same machine; the median of the rounds, the spread in brackets. A ratio above
1 means that ours is better. \`npm run bench -- --record\` measures and writes this page; \`npm run bench -- --help\` lists the benchmarks.
Trust the ratios, not the absolute figures: machines differ, and shared ones change from hour to hour.

| what | ours | peer | ratio | rounds | machine | date |
|---|---|---|---|---|---|---|
${lines.join('\n')}
`;
}

function short(value) {
  return String(Number(value.toPrecision(3)));
}
