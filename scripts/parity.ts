// npm run parity -- --dir DIR [--json] [--family NAME] [--device NAME] [--page]
// Compares every family of reference numbers that the packages implement with the files in DIR (made from TRL,
// transformers and PEFT). A missing folder is an error: this command never passes on nothing. A set may hold fewer families
// than the public one; those it does not hold are listed as absent.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parityFamilies as datasets } from '../packages/datasets/src/parity/index.ts';
import { parityFamilies as models } from '../packages/models/src/parity/index.ts';
import { useDevice } from '../packages/tensors/src/index.ts';
import { parityFamilies as tensors } from '../packages/tensors/src/parity/index.ts';
import { trainerFamilies as trainers } from '../packages/trainers/src/parity/index.ts';

interface FamilyResult {
  total: number;
  passed: number;
  skipped: number;
  largestDeviation: number;
  failures: (string | { id: string; what: string; deviation: number })[];
}

const usage = `Usage: npm run parity -- --dir DIR [--json] [--family NAME ...] [--device native|cpu]

Compares this implementation with numbers exported from TRL, transformers and PEFT.
  --dir DIR       the folder of the numbers (it holds grpo/, models/, optim/, packing/, sampling/, training/ ...)
  --family NAME   only families whose name starts with NAME (may be repeated)
  --device NAME   native (default where it is available) or cpu
  --json          one JSON object: families.<name>.{total,passed,skipped,largestDeviation}
  --page          also write docs/parity.md`;

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    json: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    family: { type: 'string', multiple: true, default: [] },
    device: { type: 'string', default: 'auto' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
if (values.dir === undefined || !existsSync(path.join(values.dir, 'models'))) {
  const found =
    values.dir === undefined
      ? 'No folder was given.'
      : `${path.resolve(values.dir)} holds no parity numbers (no models/ in it).`;
  console.error(`${found}\n\n${usage}`);
  process.exit(2);
}

const folder = path.resolve(values.dir);
const device = await useDevice(values.device);
const wanted = (name: string) => values.family.length === 0 || values.family.some((prefix) => name.startsWith(prefix));
const all = Object.entries({ ...tensors, ...datasets, ...models, ...trainers }).filter(([name]) => wanted(name));
if (all.length === 0) {
  console.error(`No family starts with ${values.family.join(', ')}.`);
  process.exit(2);
}

/** Where a family's numbers lie: its name is a path, but for these. */
const places: Record<string, string> = { 'optim/adamw': 'optim/optimizers' };
const isPresent = (name: string) => {
  const place = path.join(folder, (places[name] ?? name).replace('models/adapter-', 'models/llama-gqa-tied/adapter-'));
  return ['', '.jsonl', '.json'].some((ending) => existsSync(`${place}${ending}`));
};
const absent = all.filter(([name]) => !isPresent(name)).map(([name]) => name);
const present = all.filter(([name]) => isPresent(name));
if (present.length === 0) {
  console.error(`${folder} holds none of the families ${absent.join(', ')}.`);
  process.exit(2);
}

const families: Record<string, FamilyResult> = {};
if (!values.json)
  console.log(
    `device: ${device.name}\n\nfamily                      passed / total  skipped   largest deviation   seconds`,
  );
for (const [name, run] of present) {
  const start = performance.now();
  const result = await run(folder);
  families[name] = result;
  if (values.json) continue;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const counts = `${result.passed} / ${result.total}`.padStart(16);
  const deviation = result.largestDeviation.toExponential(1).padStart(18);
  console.log(`${name.padEnd(26)} ${counts} ${String(result.skipped).padStart(8)} ${deviation} ${seconds.padStart(9)}`);
  for (const failure of result.failures.slice(0, 10))
    console.log(
      `    ${typeof failure === 'string' ? failure : `${failure.id}: ${failure.what} deviates by ${failure.deviation}`}`,
    );
}
const failed = Object.values(families).filter((family) => family.passed + family.skipped < family.total).length;
if (values.json) console.log(JSON.stringify({ device: device.name, families, absent }, null, 2));
else {
  console.log(`\n${present.length - failed} of ${present.length} families agree`);
  if (absent.length > 0) console.log(`not in this folder: ${absent.join(', ')}`);
}
if (values.page) writeFileSync(path.join(import.meta.dirname, '../docs/parity.md'), parityPage());
process.exitCode = failed === 0 ? 0 : 1;

function parityPage(): string {
  const rows = Object.entries(families).map(
    ([name, { total, passed, skipped, largestDeviation }]) =>
      `| \`${name}\` | ${total} | ${passed} | ${skipped} | ${largestDeviation.toExponential(1)} |`,
  );
  return `# Parity

Every family of numbers exported from TRL, transformers, PEFT and torch, and how far our results are from them at most: relative to the
size of what is compared, as each family says in \`src/parity\` of its package. Skipped cases are counted: what no engine here offers, and what
the reference gets wrong. Written by \`npm run parity -- --dir DIR --page\` on the \`${device.name}\` device; a subset runs in \`npm test\`.

| family | cases | equal | skipped | largest deviation |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
