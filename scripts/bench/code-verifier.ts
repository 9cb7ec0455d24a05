// Our side of the code verifier's benchmark, and its peer: the references of HumanEval (and HumanEval-X JavaScript) with their
// tests, as sandboxed verdicts and as plain python3 subprocesses, as many at a time. Prints one JSON line.
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type CodeDataSet,
  type CodeJob,
  codeTaskOf,
  createCodeVerifier,
  type Language,
} from '@thinkwright/verifier-code';
import { dataFolder } from './programs.mjs';

const PLAIN_PROGRAMS = 40;
const workers = os.availableParallelism();

type Row = Record<'prompt' | 'canonical_solution' | 'test' | 'entry_point', string>;

const rowsOf = (name: string) =>
  readFileSync(path.join(dataFolder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

const humanEval = rowsOf('humaneval.jsonl');
const python = await verdicts('python', 'humaneval', humanEval);
const javascript = await verdicts('javascript', 'humaneval-x', rowsOf('humaneval-x-js.jsonl'));
const plain = spawnSync('python3', ['--version']).status === 0 ? await plainPython(humanEval) : null;
console.log(JSON.stringify({ python, javascript, plain }));

/** Every reference twice: the first round warms the workers up. Latency is measured one job at a time. */
async function verdicts(language: Language, set: CodeDataSet, rows: Row[]) {
  const jobs = rows.map((row): CodeJob => ({ ...codeTaskOf(set, row), code: row.prompt + row.canonical_solution }));
  const begun = performance.now();
  await using verifier = await createCodeVerifier({ workers, languages: [language], cacheSize: 0 });
  const readyMs = performance.now() - begun;
  await verifier.verifyMany(jobs);
  const started = performance.now();
  await verifier.verifyMany(jobs);
  const perSecond = (1000 * jobs.length) / (performance.now() - started);
  const times: number[] = [];
  for (const job of jobs) {
    const start = performance.now();
    await verifier.verify(job);
    times.push(performance.now() - start);
  }
  return { perSecond, medianMs: median(times), readyMs };
}

async function plainPython(rows: Row[]) {
  const waiting = rows.slice(0, PLAIN_PROGRAMS);
  const times: number[] = [];
  const started = performance.now();
  const lane = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      const start = performance.now();
      const program = `${row.prompt}${row.canonical_solution}\n${row.test}\ncheck(${row.entry_point})`;
      await new Promise<void>((resolve, reject) => {
        execFile('python3', ['-c', program], (error) => (error ? reject(error) : resolve()));
      });
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
  return { perSecond: (1000 * times.length) / (performance.now() - started), medianMs: median(times) };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
