// The machine's trouble is not the solution's: workers that are killed change no verdict; aborting and closing leave nothing.
import { expect, it } from 'vitest';
import type { CodeJob } from '../jobs/job.ts';
import { createCodeVerifier } from '../verifier.ts';

const job = (n: number, code = `const solve = (x) => x + ${n}`): CodeJob => ({
  language: 'javascript',
  code,
  tests: { kind: 'calls', entryPoint: 'solve', cases: [{ args: [1], expected: 1 + n }] },
  limits: { cpuMs: 2_000 },
});
const javascript = { languages: ['javascript' as const] };

it('gives the same verdicts while workers are killed at random', async () => {
  await using verifier = await createCodeVerifier({ ...javascript, workers: 2 });
  const jobs = Array.from({ length: 200 }, (_, n) => (n % 6 === 5 ? job(n, `const solve = () => -${n}`) : job(n)));
  let [finished, kills] = [0, 0];
  const killOne = () => {
    const pids = verifier.processIds();
    const pid = pids[Math.floor(Math.random() * pids.length)];
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    kills++;
  };
  const verdicts = await Promise.all(
    jobs.map(async (each) => {
      const verdict = await verifier.verify(each);
      if (++finished % 40 === 0 && finished < jobs.length) killOne(); // by work done, not by the clock
      return verdict;
    }),
  );
  expect(kills).toBeGreaterThan(0);
  expect(verdicts.map(({ status }) => status)).toEqual(jobs.map((_, n) => (n % 6 === 5 ? 'failed' : 'passed')));
});

it('answers equal jobs from the cache, unless they could come out otherwise', async () => {
  await using verifier = await createCodeVerifier({ ...javascript, workers: 1 });
  const [first, second] = [await verifier.verify(job(1)), await verifier.verify(job(1))];
  expect(second).toEqual(first);
  expect(verifier.counts().cached).toBe(1);
});

it('aborts a running job and a waiting one, and goes on', async () => {
  await using verifier = await createCodeVerifier({ ...javascript, workers: 1 });
  const controller = new AbortController();
  const endless = { ...job(1, 'for (;;);'), limits: { cpuMs: 60_000 } };
  const running = verifier.verify(endless, { signal: controller.signal });
  const waiting = verifier.verify(job(3), { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('no longer wanted')), 200);
  await expect(running).rejects.toThrow('no longer wanted');
  await expect(waiting).rejects.toThrow('no longer wanted');
  expect((await verifier.verify(job(2))).status).toBe('passed');
});

it('rejects what is asked after, or unanswered at, its end', async () => {
  const verifier = await createCodeVerifier({ ...javascript, workers: 1 });
  const unanswered = [verifier.verify(job(1, 'for (;;);')), verifier.verify(job(2))];
  const ends = Promise.allSettled(unanswered);
  await verifier.close();
  for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'TW_VERIFIER_CODE_CLOSED' } });
  await expect(verifier.verify(job(3))).rejects.toMatchObject({ code: 'TW_VERIFIER_CODE_CLOSED' });
  expect(verifier.processIds()).toEqual([]);
});

it('reads jobs no further ahead than its queue, and keeps their order', async () => {
  await using verifier = await createCodeVerifier({ ...javascript, workers: 2, queue: 4 });
  let read = 0;
  function* jobs() {
    for (let n = 0; n < 20; n++) {
      read++;
      yield n === 0 ? job(n, 'let s = 0; for (let i = 0; i < 1e7; i++) s += i; const solve = (x) => x') : job(n);
    }
  }
  let seen = 0;
  for await (const verdict of verifier.verifyEach(jobs())) {
    expect(verdict.status).toBe('passed');
    expect(read - seen++).toBeLessThanOrEqual(4);
  }
  expect(seen).toBe(20);
});
