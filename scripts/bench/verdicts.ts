// Math verdicts over HTTP: @thinkwright/verifier-math in the server's worker processes, batches of 64 completions of GSM8K and MATH
// problems, four requests at a time, client and server in this process. Prints one JSON line.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { serveRewards } from '@thinkwright/reward-server';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '15' }, workers: { type: 'string', default: '2' } },
});
const shared = process.env.THINKWRIGHT_SHARED ?? path.resolve(import.meta.dirname, '../../../shared');
const BATCH = 64;
const IN_FLIGHT = 4;

interface Item {
  completion: string;
  answer: string;
  prompt: string;
}
const rows = (file: string): Record<string, never>[] => {
  const place = path.join(shared, 'data', file);
  if (!existsSync(place))
    throw new Error(`${place} is not there; set THINKWRIGHT_SHARED to the folder of the reference data`);
  return readFileSync(place, 'utf8').trim().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one expression
};
const math = rows('math500.jsonl').map((row): Item => ({ completion: row.solution!, answer: row.answer!, prompt: row.problem! })); // biome-ignore format: one expression
const grade = rows('gsm8k-model-solutions.jsonl').flatMap((row): Item[] => {
  const gold = String(row.ground_truth).split('\nA: ')[1]!;
  return ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification'].map((model) => ({
    completion: (row[model] as { solution: string }).solution.replace(/\nA: /, '\n#### '),
    answer: gold,
    prompt: String(row.question),
  }));
});
// Every eighth a MATH solution, long and with LaTeX.
const items = grade.map((item, index) => (index % 8 === 0 ? math[(index / 8) % math.length]! : item));
const bodies: string[] = [];
for (let start = 0; start + BATCH <= items.length; start += BATCH) {
  bodies.push(JSON.stringify({ items: items.slice(start, start + BATCH) }));
}

const server = await serveRewards({ verifiers: ['math'], workers: { workers: Number(values.workers) }, port: 0 });
let next = 0;
let right = 0;
const ask = async () => {
  const response = await fetch(`${server.url}/v1/score`, { method: 'POST', body: bodies[next++ % bodies.length]! });
  const { results } = (await response.json()) as { results: { status: string; value?: number }[] };
  const unscored = results.find(({ status }) => status !== 'scored');
  if (unscored) throw new Error(JSON.stringify(unscored));
  right += results.filter(({ value }) => value === 1).length;
  return results.length;
};
const measure = async (seconds: number) => {
  const started = performance.now();
  let verdicts = 0;
  const lane = async () => {
    while (performance.now() - started < seconds * 1000) {
      const judged = await ask();
      verdicts += judged;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return { verdicts, perSecond: verdicts / ((performance.now() - started) / 1000) };
};
await measure(3);
right = 0;
const { verdicts, perSecond } = await measure(Number(values.seconds));
await server.close();
console.log(JSON.stringify({ verdictsPerSecond: perSecond, verdicts, right: right / verdicts, batch: BATCH, workers: Number(values.workers) })); // biome-ignore format: one line
