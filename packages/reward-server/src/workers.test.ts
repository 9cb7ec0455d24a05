// The server over verifiers given by name: whatever happens to a worker process, every request is answered, and rightly.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerReward } from '@thinkwright/rewards';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RewardServer, type ServeRewardsOptions, serveRewards } from './serve-rewards.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const home = mkdtempSync(path.join(tmpdir(), 'thinkwright-server-'));
const folder = path.join(home, 'node_modules/thinkwright-verifier-sums');
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  symlinkSync(path.join(repository, 'node_modules/@thinkwright'), path.join(home, 'node_modules/@thinkwright'));
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'thinkwright-verifier-sums', type: 'module', exports: './index.js' }),
  );
  writeFileSync(
    path.join(folder, 'index.js'),
    `import { existsSync, writeFileSync } from 'node:fs';
     import { answerReward, defineVerifier } from '@thinkwright/rewards';
     const accuracy = answerReward();
     const reward = (batch) => {
       for (const { completion: { text } } of batch) {
         if (text.startsWith('loop')) for (;;);
         const file = text.split('until ')[1];
         if (file && !existsSync(file)) { writeFileSync(file, ''); for (;;); }
       }
       return accuracy(batch);
     };
     export const verifier = defineVerifier({ name: 'sums', description: 'sums', createReward: () => reward,
       gold: [{ row: { answer: '5' }, right: ['5'], wrong: ['6'] }], attacks: { gold: '7', wrong: '3', write: (a) => a } });`,
  );
});
const servers: RewardServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const start = async (options: Partial<ServeRewardsOptions> = {}) => {
  const workers = { workers: 2, from: home, hangMs: 2000 };
  const server = await serveRewards({ verifiers: ['sums'], workers, port: 0, ...options });
  servers.push(server);
  return server;
};
const post = async ({ url }: RewardServer, route: string, body: unknown) => {
  const response = await fetch(`${url}${route}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
};
const items = (...completions: string[]) => ({
  items: completions.map((completion) => ({ completion, answer: '42' })),
});
const scored = (value: number) => ({ status: 'scored', value, parts: {} });

describe('serveRewards with verifiers by name', () => {
  it('an endless loop in a reward costs its own completion; other requests go on', async () => {
    const server = await start();
    const stuck = post(server, '/v1/score', items('42', 'loop', '41'));
    const alone = post(server, '/slime', { prompt: '', response: 'loop', label: '42' });
    for (let round = 0; round < 20; round++) {
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      expect((await post(server, '/v1/score', items('42', '41'))).body.results).toEqual([scored(1), scored(0)]);
    }
    const { results } = (await stuck).body;
    expect([results[0], results[2]]).toEqual([scored(1), scored(0)]);
    expect(results[1]).toEqual({ status: 'error', cause: expect.stringMatching(/did not answer.*endless loop/) });
    expect(await alone).toMatchObject({ status: 503, body: { error: { code: 'TW_SERVER_FAILED' } } });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/thinkwright_workers_hung [1-9]/);
  });

  it('a request whose worker hung is tried again and answered', async () => {
    const server = await start();
    const file = path.join(home, 'hung-once');
    const { body } = await post(server, '/v1/score', items('42', `42 until ${file}`, '41'));
    expect(existsSync(file)).toBe(true);
    expect(body.results.map(({ status }: { status: string }) => status)).toEqual(['scored', 'scored', 'scored']);
    expect(server.workers!.counts()).toMatchObject({ hung: 1, retried: 1 });
  });

  it('kill -9 of workers under load loses no request', async () => {
    const server = await start();
    const requests = Array.from({ length: 60 }, () => post(server, '/v1/score', items('42', '41', 'so it is 42', '7')));
    for (let round = 0; round < 4; round++) {
      await expect.poll(() => server.workers!.processIds().length, { timeout: 20_000 }).toBeGreaterThan(0);
      process.kill(server.workers!.processIds()[0]!, 'SIGKILL');
      requests.push(
        ...Array.from({ length: 20 }, () => post(server, '/v1/score', items('42', '41', 'so it is 42', '7'))),
      );
      await expect.poll(() => server.workers!.counts().died, { timeout: 20_000 }).toBe(round + 1);
    }
    for (const { status, body } of await Promise.all(requests)) {
      expect(status).toBe(200);
      expect(body.results).toEqual([scored(1), scored(0), scored(1), scored(0)]);
    }
  });

  it('names and objects stand side by side; what is not installed is said before it listens', async () => {
    const server = await start({
      verifiers: [{ name: 'here', description: 'in process', reward: answerReward() }, 'sums'],
    });
    const { verifiers } = await (await fetch(`${server.url}/v1/verifiers`)).json();
    expect(verifiers.map(({ name }: { name: string }) => name)).toEqual(['here', 'sums']);
    for (const verifier of ['here', 'sums']) {
      expect((await post(server, `/v1/score?verifier=${verifier}`, items('42'))).body.results).toEqual([scored(1)]);
    }
    await expect(start({ verifiers: ['nowhere'] })).rejects.toThrow(/no verifier "nowhere" is installed/);
    await expect(start({ port: server.port })).rejects.toMatchObject({ code: 'TW_SERVER_PORT' });
  });
});
