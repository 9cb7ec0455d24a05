// Proves each layer of isolation on this machine, by attacking it, and says which layers this system does not have. `missing`
// is a layer less; `broken` means that verdicts cannot be trusted here.
import { access, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CodeJob, Verdict, VerdictStatus } from '../jobs/job.ts';
import { processStart } from '../pool/process-start.ts';
import { type CodeVerifier, createCodeVerifier } from '../verifier.ts';
import { countAnswers } from './answers-apart.ts';
import type { Finding } from './finding.ts';
import { systemLayers } from './system-layers.ts';

interface Probe {
  layer: string;
  job: CodeJob;
  statuses: VerdictStatus[];
}

const LIMITS = { cpuMs: 1_000, testCpuMs: 1_000 };
const answers = (language: CodeJob['language'], code: string): CodeJob => ({
  language,
  code,
  tests: { kind: 'calls', entryPoint: 'solve', cases: [{ args: [20], expected: 42 }] },
  limits: LIMITS,
});

const PROBES: Probe[] = [
  { layer: 'Python runs', job: answers('python', 'def solve(x): return x + 22'), statuses: ['passed'] },
  { layer: 'JavaScript runs', job: answers('javascript', 'const solve = (x) => x + 22'), statuses: ['passed'] },
  { layer: 'TypeScript runs', job: answers('typescript', 'const solve = (x: number) => x + 22'), statuses: ['passed'] },
  {
    layer: 'Python: no way to JavaScript',
    job: answers('python', 'import _pyodide_core\n_pyodide_core.create_proxy(object())\ndef solve(x): return 42'),
    statuses: ['denied'],
  },
  { layer: 'Python: endless loop stopped', job: answers('python', 'while True: pass'), statuses: ['timeout'] },
  {
    layer: 'Python: memory bounded',
    job: answers('python', 'x = []\nwhile True: x.append(bytearray(10**7))'),
    statuses: ['memory'],
  },
  { layer: 'Python: exit is no pass', job: answers('python', 'import os\nos._exit(0)'), statuses: ['crash'] },
  { layer: 'JavaScript: endless loop stopped', job: answers('javascript', 'for (;;);'), statuses: ['timeout'] },
  {
    layer: 'JavaScript: memory bounded',
    job: answers('javascript', 'const a = []; for (;;) a.push(new Array(1e5).fill(1))'),
    statuses: ['memory'],
  },
  {
    layer: 'JavaScript: uncounted memory gone',
    job: answers('javascript', 'new WebAssembly.Memory({ initial: 1 }); const solve = () => 42'),
    statuses: ['failed'],
  },
  {
    layer: 'watchdog outside the process',
    job: answers('javascript', 'const solve = () => { let x = 3n; for (;;) x *= x; }'),
    statuses: ['timeout', 'memory', 'crash'],
  },
];

/** Takes a few seconds: it runs what must be stopped. */
export async function diagnose(): Promise<Finding[]> {
  const findings: Finding[] = await systemLayers();
  let verifier: CodeVerifier;
  try {
    verifier = await createCodeVerifier({ workers: 1 });
  } catch (error) {
    return [...findings, { layer: 'workers start', state: 'broken', detail: (error as Error).message }];
  }
  try {
    for (const probe of PROBES) findings.push(await attempt(verifier, probe));
    findings.push(await fileIsOutOfReach(verifier), await answersAreApart());
    const pids = verifier.processIds();
    await verifier.close();
    const left = pids.filter((pid) => processStart(pid) !== null);
    findings.push({
      layer: 'no process left behind',
      state: left.length === 0 ? 'holds' : 'broken',
      detail: left.length === 0 ? 'all workers are reaped' : `alive: ${left.join(', ')}`,
    });
  } finally {
    await verifier.close();
  }
  return findings;
}

async function attempt(verifier: CodeVerifier, { layer, job, statuses }: Probe): Promise<Finding> {
  try {
    const verdict: Verdict = await verifier.verify(job);
    const state = statuses.includes(verdict.status) ? 'holds' : 'broken';
    return { layer, state, detail: `${verdict.status} after ${verdict.wallMs.toFixed(0)} ms` };
  } catch (error) {
    return { layer, state: 'broken', detail: (error as Error).message };
  }
}

async function answersAreApart(): Promise<Finding> {
  const layer = 'Python: answers out of memory';
  try {
    const [solution, checker] = await countAnswers();
    const state = solution === 0 && checker > 0 ? 'holds' : 'broken';
    return { layer, state, detail: `${checker} copies with the checker, ${solution} with the solution` };
  } catch (error) {
    return { layer, state: 'broken', detail: (error as Error).message };
  }
}

/** Both languages try to write a file of the host. */
async function fileIsOutOfReach(verifier: CodeVerifier): Promise<Finding> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'thinkwright-doctor-'));
  const file = path.join(folder, 'written');
  const name = JSON.stringify(file);
  try {
    await verifier.verify(answers('python', `def solve(x):\n    open(${name}, 'w').write('x')\n    return 42`));
    const attack = `const solve = () => { require('fs').writeFileSync(${name}, 'x'); return 42; }`;
    await verifier.verify(answers('javascript', attack));
    const written = await access(file).then(
      () => true,
      () => false,
    );
    const detail = written ? `${file} was written` : 'files of the host cannot be written';
    return { layer: 'file system out of reach', state: written ? 'broken' : 'holds', detail };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
