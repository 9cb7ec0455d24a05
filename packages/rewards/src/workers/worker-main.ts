// A worker process: loads verifiers by name and scores what it is sent. It says regularly that it is alive; while a reward
// computes without end it cannot, and the pool kills it.
import { Worker } from 'node:worker_threads';
import { scoreBatch } from '../score-batch.ts';
import type { RewardFunction } from '../types.ts';
import { loadVerifier } from '../verifier/load-verifier.ts';
import type { Verifier } from '../verifier/verifier.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';

/** In a thread of its own, because this one may be stuck in a reward when the parent is killed. */
const END_WITH_PARENT = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);`;

const rewards = new Map<string, RewardFunction>();
const loaded: Verifier[] = [];
const underWay = new Map<number, AbortController>();
let timeoutMs = 0;

const say = (message: FromWorker) => process.send!(message);

async function load(settings: WorkerSettings): Promise<void> {
  timeoutMs = settings.timeoutMs;
  for (const { name, options } of settings.verifiers) {
    const { verifier } = await loadVerifier(name, { from: settings.from });
    rewards.set(verifier.name, verifier.createReward(options));
    loaded.push(verifier);
  }
  setInterval(() => say({ type: 'alive' }), settings.beatMs).unref();
  say({ type: 'ready', verifiers: loaded.map(({ name, description }) => ({ name, description })) });
}

async function score({ id, verifier, contexts }: Extract<ToWorker, { type: 'score' }>): Promise<void> {
  const controller = new AbortController();
  underWay.set(id, controller);
  const batch = contexts.map((context) => ({ ...context, signal: controller.signal }));
  try {
    const { outcomes } = await scoreBatch(rewards.get(verifier)!, batch, { name: verifier, timeoutMs });
    say({ type: 'scored', id, outcomes });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    say({ type: 'scored', id, outcomes: [] });
  } finally {
    underWay.delete(id);
  }
}

async function close(): Promise<void> {
  await Promise.all(loaded.map((verifier) => verifier.close?.()));
  process.exit(0);
}

process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'load':
      load(message.settings).catch((error: unknown) =>
        say({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
      );
      break;
    case 'score':
      void score(message);
      break;
    case 'cancel':
      underWay.get(message.id)?.abort(new Error('cancelled'));
      break;
    case 'close':
      void close();
      break;
  }
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group of processes; the parent decides when its workers end.
process.on('SIGINT', () => {});
new Worker(END_WITH_PARENT, { eval: true }).unref();
