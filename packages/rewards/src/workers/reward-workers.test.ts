// Real processes, killed and stuck for real; what is asserted are verdicts, never times.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreBatch } from '../score-batch.ts';
import { rewardContext } from '../test/index.ts';
import { createRewardWorkers, type RewardWorkersOptions } from './reward-workers.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const home = mkdtempSync(path.join(tmpdir(), 'thinkwright-workers-'));
const folder = path.join(home, 'node_modules/thinkwright-verifier-odd');
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  symlinkSync(path.join(repository, 'node_modules/@thinkwright'), path.join(home, 'node_modules/@thinkwright'));
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'thinkwright-verifier-odd', type: 'module', exports: './index.js' }),
  );
  // Does what the completion says: a verifier with every fault.
  writeFileSync(
    path.join(folder, 'index.js'),
    `import { appendFileSync } from 'node:fs';
     import { defineVerifier } from '@thinkwright/rewards';
     const judge = async ({ completion: { text }, row, ids, signal }, options) => {
       const [order, file] = text.split(' ');
       if (order === 'loop') for (;;);
       if (order === 'exit') process.exit(3);
       if (order === 'throw') throw new Error('no');
       if (order === 'wait') {
         appendFileSync(file, process.pid + '\\n');
         await new Promise((resolve, reject) => { signal.onabort = () => { appendFileSync(file, 'aborted\\n'); reject(signal.reason); }; });
       }
       if (order === 'once') {
         const { existsSync, writeFileSync } = await import('node:fs');
         if (!existsSync(file)) { writeFileSync(file, String(process.pid)); await new Promise(() => {}); }
       }
       if (row.answer === undefined) return { skip: 'no gold' };
       return { value: text === row.answer ? 1 : 0, parts: { ids: ids.length, bonus: options.bonus ?? 0 } };
     };
     export const verifier = defineVerifier({ name: 'odd', description: 'every fault',
       createReward: (options = {}) => {
         if (options.broken) throw new Error('options are wrong: broken');
         return (batch) => Promise.all(batch.map((context) => judge(context, options)));
       },
       gold: [{ row: { answer: '5' }, right: ['5'], wrong: ['6'] }], attacks: { gold: '7', wrong: '3', write: (a) => a } });`,
  );
});

const start = (options: Partial<RewardWorkersOptions> = {}) =>
  createRewardWorkers({ verifiers: ['odd'], from: home, workers: 2, hangMs: 2000, ...options });
const contexts = (...texts: string[]) =>
  texts.map((text, index) => rewardContext(text, { row: { answer: '5' }, groupId: `group ${index}` }));
const right = { status: 'scored', value: 1, parts: { ids: 1, bonus: 0 } };
const wrong = { status: 'scored', value: 0, parts: { ids: 1, bonus: 0 } };

describe('createRewardWorkers', () => {
  it('scores as in process: order, parts, skips, token ids, options', async () => {
    await using workers = await start({ verifiers: [{ name: 'odd', options: { bonus: 2 } }], jobSize: 2 });
    const [{ name, description, reward }] = workers.verifiers as [(typeof workers.verifiers)[0]];
    expect([name, description, reward.name]).toEqual(['odd', 'every fault', 'odd']);
    const batch = [...contexts('5', '6', '5', '7', '5'), rewardContext('5')];
    const { outcomes } = await scoreBatch(reward, batch);
    expect(outcomes.map((outcome) => ('value' in outcome ? outcome.value : outcome.status))).toEqual([1, 0, 1, 0, 1, 'skipped']); // biome-ignore format: one line
    expect(outcomes[0]).toEqual({ ...right, parts: { ids: 1, bonus: 2 } });
    expect(await scoreBatch(reward, [])).toMatchObject({ outcomes: [] });
    expect(workers.counts()).toEqual({ hung: 0, died: 0, retried: 0 });
  });

  it('keeps groups whole and puts interleaved ones back in order', async () => {
    await using workers = await start({ jobSize: 2 });
    const batch = ['5', '6', '5', '6', '6', '5'].map((text, index) =>
      rewardContext(text, { row: { answer: '5' }, groupId: index % 2 ? 'odd' : 'even' }),
    );
    const { outcomes } = await scoreBatch(workers.verifiers[0]!.reward, batch);
    expect(outcomes).toEqual([right, wrong, right, wrong, wrong, right]);
  });

  it('an endless loop costs its own completion; its neighbours and other calls are judged', async () => {
    await using workers = await start();
    const { reward } = workers.verifiers[0]!;
    const stuck = scoreBatch(reward, contexts('5', 'loop', '6'));
    const others = await Promise.all(Array.from({ length: 8 }, () => scoreBatch(reward, contexts('5', '6'))));
    for (const { outcomes } of others) expect(outcomes).toEqual([right, wrong]);
    expect((await stuck).outcomes).toEqual([
      right,
      { status: 'error', cause: expect.stringMatching(/odd: .*did not answer for 2000 ms \(an endless loop\?\)/) },
      wrong,
    ]);
    expect(workers.counts().hung).toBeGreaterThanOrEqual(2);
    expect((await scoreBatch(reward, contexts('5'))).outcomes).toEqual([right]);
  });

  it('kill -9 of a worker loses nothing', async () => {
    await using workers = await start();
    const { reward } = workers.verifiers[0]!;
    const file = path.join(home, 'victim');
    const under = scoreBatch(reward, contexts('5', `once ${file}`, '6'));
    const { readFileSync, existsSync } = await import('node:fs');
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^\d+$/);
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
    expect((await under).outcomes).toEqual([
      right,
      { ...wrong, parts: { ids: `once ${file}`.length, bonus: 0 } },
      wrong,
    ]);
    expect(workers.counts()).toMatchObject({ hung: 0, died: 1, retried: 1 });
    await expect.poll(() => workers.processIds().length).toBe(2);
  });

  it('kills at random do not change one verdict', async () => {
    await using workers = await start({ jobSize: 3 });
    const { reward } = workers.verifiers[0]!;
    let running = true;
    const killer = (async () => {
      for (let round = 0; running && round < 6; round++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const pid = workers.processIds()[round % 2];
        if (pid) process.kill(pid, 'SIGKILL');
      }
    })();
    const rounds = await Promise.all(
      Array.from({ length: 40 }, () => scoreBatch(reward, contexts('5', '6', '5', '6', '5'))),
    );
    running = false;
    await killer;
    for (const { outcomes } of rounds) expect(outcomes).toEqual([right, wrong, right, wrong, right]);
  });

  it('a reward that ends its process is an error with that cause, not a zero', async () => {
    await using workers = await start();
    const { outcomes } = await scoreBatch(workers.verifiers[0]!.reward, contexts('exit', '5', 'throw'));
    expect(outcomes).toEqual([
      { status: 'error', cause: expect.stringMatching(/ended with code 3/) },
      right,
      { status: 'error', cause: 'odd failed: no' },
    ]);
  });

  it('an abort reaches the reward in its worker and frees the place', async () => {
    await using workers = await start({ workers: 1, jobsPerWorker: 1 });
    const { reward } = workers.verifiers[0]!;
    const file = path.join(home, 'waits');
    const controller = new AbortController();
    const waiting = scoreBatch(reward, contexts(`wait ${file}`), { signal: controller.signal });
    const { readFileSync, existsSync } = await import('node:fs');
    await expect.poll(() => existsSync(file)).toBe(true);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect((await scoreBatch(reward, contexts('5'))).outcomes).toEqual([right]);
    expect(readFileSync(file, 'utf8')).toMatch(/^\d+\naborted\n$/);
  });

  it('says at once what cannot be loaded, and refuses odd numbers', async () => {
    await expect(start({ verifiers: ['nowhere'] })).rejects.toMatchObject({
      code: 'TW_REWARDS_VERIFIER',
      message: expect.stringMatching(/no verifier "nowhere" is installed.*npm install/),
    });
    await expect(start({ verifiers: [{ name: 'odd', options: { broken: true } }] })).rejects.toThrow(
      /options are wrong: broken/,
    );
    await expect(start({ verifiers: [] })).rejects.toThrow(/at least one verifier/);
    await expect(start({ workers: 0 })).rejects.toThrow(/workers is 0; it must be/);
  });

  it('what is under way when it closes is an error, and calls after it say so', async () => {
    const workers = await start({ workers: 1 });
    const { reward } = workers.verifiers[0]!;
    const file = path.join(home, 'closes');
    const waiting = scoreBatch(reward, contexts(`wait ${file}`, '5'));
    const { existsSync } = await import('node:fs');
    await expect.poll(() => existsSync(file)).toBe(true);
    await workers.close();
    expect((await waiting).counts.errors).not.toEqual({});
    expect((await scoreBatch(reward, contexts('5'))).counts.errors).toEqual({
      'odd failed: odd: the workers are closed.': 1,
    });
    expect(workers.processIds()).toEqual([]);
  });

  it('idle workers do not keep a program alive, and a stuck one ends with its killed parent', async () => {
    const program = `
      import { createRewardWorkers } from '@thinkwright/rewards/workers';
      import { rewardContext } from '@thinkwright/rewards/test';
      const workers = await createRewardWorkers({ verifiers: ['odd'], from: ${JSON.stringify(home)}, workers: 1, hangMs: 60000 });
      console.log(workers.processIds()[0]);
      if (process.argv[1] === 'stuck') {
        workers.verifiers[0].reward([rewardContext('loop', { row: { answer: '5' } })]);
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
      }`;
    const run = (...args: string[]) =>
      new Promise<{ code: unknown; pid: number }>((resolve) => {
        const flags = ['--conditions=@thinkwright/source', '--input-type=module', '-e', program];
        execFile(process.execPath, [...flags, ...args], { cwd: repository }, (error, stdout) =>
          resolve({ code: error?.code ?? error?.signal ?? 0, pid: Number(stdout) }),
        );
      });
    const [idle, stuck] = await Promise.all([run(), run('stuck')]);
    expect(idle.code).toBe(0);
    expect(stuck.code).toBe('SIGKILL');
    const alive = (pid: number) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(() => [alive(idle.pid), alive(stuck.pid)], { timeout: 20_000 }).toEqual([false, false]);
  });
});
