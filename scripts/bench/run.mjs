// npm run bench [-- NAME ...] [--runs 3] [--model DIR] [--json FILE] [--record]
// Every figure is ours and a peer's, measured in turn within the same minutes, and their ratio. Absolute times differ
// from machine to machine and from hour to hour; ratios much less so.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchmarks } from './benchmarks.mjs';
import { peersPresent } from './programs.mjs';
import { recordedRows, recordRows } from './recorded.mjs';
import { summarizeRow } from './statistics.mjs';

const usage = `Usage: npm run bench [-- NAME ...] [--runs N] [--model DIR] [--json FILE] [--record]

${benchmarks.map((bench) => `  ${bench.name.padEnd(12)} ${bench.about}`).join('\n')}

  --runs N      rounds of (peer, ours); default 3
  --model DIR   SmolLM2-135M-Instruct as a Hugging Face folder, read by both sides (benchmarks of a whole model)
  --json FILE   also write cpu and rows of { name, ours, peer, ratio, unit, oursSpread, peerSpread, rounds }
  --record      keep the rows that have a peer in recorded.json and write docs/benchmarks.md anew

Peers are Python programs in the folder baselines/ beside the reference data (THINKWRIGHT_SHARED). They run with
THINKWRIGHT_PEER_PYTHON, a Python that has their requirements.txt. Without it only our side is measured, and the ratio
shown is the recorded one with its date.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    model: { type: 'string' },
    json: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !benchmarks.some((bench) => bench.name === name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`Unknown benchmark: ${unknown.join(', ')}\n`);
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const cpu = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores`;
console.log(`${cpu}, Node ${process.versions.node}${peersPresent ? '' : ', peers not present'}\n`);
console.log(`${'what'.padEnd(52)} ${'ours'.padStart(28)} ${'peer'.padStart(28)}   ratio (better > 1)`);
const recorded = recordedRows();
const rows = [];
for (const bench of benchmarks) {
  if (positionals.length > 0 ? !positionals.includes(bench.name) : bench.long) continue;
  const missing = bench.missing?.(values);
  if (missing) {
    console.log(`${bench.name.padEnd(52)} not run: ${missing}`);
    continue;
  }
  for (const measured of await bench.run({ runs: Number(values.runs), model: values.model })) {
    const row = summarizeRow(measured);
    rows.push(row);
    const ratio = row.ratio?.toFixed(2) ?? recordedRatio(recorded.get(row.name)) ?? '–';
    console.log(
      `${row.name.padEnd(52)} ${show(row.ours, row.oursSpread, row.unit)} ${show(row.peer, row.peerSpread, row.unit)}   ${ratio}`,
    );
  }
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ cpu, rows }, null, 2)}\n`);
if (values.record) recordRows(rows, { cpu, date: new Date().toISOString().slice(0, 10) });

function show(value, spread, unit) {
  const [least, greatest] = spread ?? [];
  const range = least === greatest ? '' : ` (${least.toPrecision(3)}-${greatest.toPrecision(3)})`;
  return (value === undefined ? '–' : `${value.toPrecision(3)}${range} ${unit}`).padStart(28);
}

function recordedRatio(row) {
  return row && `${row.ratio.toFixed(2)} recorded ${row.date} on ${row.cpu}`;
}
