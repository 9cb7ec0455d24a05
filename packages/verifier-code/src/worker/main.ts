// The worker process: one job at a time, in isolates. Started by the pool with Node's permission flags, without environment.
import type { OutputChecker } from '../jobs/job.ts';
import { fairJudge } from './fair-judge.ts';
import { type OutputJudge, runJavaScript } from './javascript-jobs.ts';
import { judgeWithJavaScript } from './javascript-judge.ts';
import { PythonHost } from './python-host.ts';
import { judgeWithPython, runPython } from './python-jobs.ts';
import { BadJob, type FromWorker, type ToWorker, type WireJob, type WireVerdict } from './wire.ts';

/** The pool's first argument. */
export interface WorkerOptions {
  /** The image of the Python interpreter; null when this worker runs no Python. */
  imageFile: string | null;
}

const { imageFile } = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
let python: PythonHost | null = null;
let busy: Promise<void> = start();

process.on('message', (message: ToWorker) => {
  busy = busy.then(() => serve(message));
});
// The parent is gone, or has closed the channel: nothing is left to do.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function start(): Promise<void> {
  try {
    const begun = performance.now();
    if (imageFile !== null) {
      python = await PythonHost.start(imageFile);
      await python.selfTest();
    }
    send({ type: 'ready', pythonMs: performance.now() - begun });
  } catch (error) {
    send({ type: 'failed', id: null, message: messageOf(error) });
  }
}

async function serve({ id, job }: ToWorker): Promise<void> {
  try {
    const { verdict, stuck } = await run(job);
    send({ type: 'verdict', id, verdict, doomed: stuck });
  } catch (error) {
    if (error instanceof BadJob) send({ type: 'bad-job', id, code: error.code, message: error.message });
    else send({ type: 'failed', id, message: messageOf(error) });
  }
  await python?.recover();
}

async function run(job: WireJob): Promise<{ verdict: WireVerdict; stuck: boolean }> {
  const judge = job.tests.kind === 'stdio' && job.tests.checker ? judgeFor(job.tests.checker, job) : undefined;
  return job.language === 'python' ? runPython(job, pythonHost(), judge) : runJavaScript(job, judge);
}

function judgeFor({ language, code }: OutputChecker, job: WireJob): OutputJudge {
  return fairJudge(
    language === 'javascript' ? judgeWithJavaScript(code, job) : judgeWithPython(code, job, pythonHost()),
  );
}

function pythonHost(): PythonHost {
  if (python === null) throw new Error('this worker was started without Python');
  return python;
}

function send(message: FromWorker): void {
  process.send!(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
