import { connect } from 'node:net';
import { answerReward, type RewardFunction } from '@thinkwright/rewards';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RewardServer, type ServeRewardsOptions, serveRewards } from './serve-rewards.ts';

const servers: RewardServer[] = [];
const start = async (options: Partial<ServeRewardsOptions> = {}) => {
  const server = await serveRewards({ verifiers: { math: answerReward() }, port: 0, graceMs: 2000, ...options });
  servers.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const score = (server: RewardServer, body: unknown = { items: [{ completion: '42', answer: '42' }] }, headers = {}) =>
  fetch(`${server.url}/v1/score`, { method: 'POST', body: JSON.stringify(body), headers });
const gate = () => {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reward: RewardFunction = async (batch) => {
    await opened;
    return batch.map(() => 1);
  };
  return { open, reward };
};

describe('serveRewards', () => {
  it('listens on loopback, and elsewhere only with a key', async () => {
    const server = await start();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await score(server)).json()).toEqual({ results: [{ status: 'scored', value: 1, parts: {} }] });
    await expect(serveRewards({ verifiers: { math: answerReward() }, host: '0.0.0.0', port: 0 })).rejects.toThrow(
      /set an API key/,
    );
    await expect(serveRewards({ verifiers: { math: answerReward() }, port: server.port })).rejects.toMatchObject({
      code: 'TW_SERVER_PORT',
    });
    await expect(serveRewards({ verifiers: {}, port: 0 })).rejects.toThrow(/at least one verifier/);
  });

  it('asks for the key everywhere but on /health', async () => {
    const server = await start({ apiKey: 'secret' });
    expect((await score(server)).status).toBe(401);
    expect((await score(server, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await score(server, undefined, { authorization: 'Bearer secret' })).status).toBe(200);
    expect((await score(server, undefined, { 'x-api-key': 'secret' })).status).toBe(200);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });

  it('bounds size, nesting and number', async () => {
    const server = await start({ limits: { bodyBytes: 10_000, depth: 8, items: 3 } });
    expect((await score(server, { items: [{ completion: 'x'.repeat(20_000) }] })).status).toBe(413);
    const chunked = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(4096).fill(0x20)) });
    const endless = await fetch(`${server.url}/v1/score`, {
      method: 'POST',
      body: chunked,
      duplex: 'half',
    } as RequestInit).catch(() => ({ status: 413 }));
    expect(endless.status).toBe(413);
    const nested = await fetch(`${server.url}/v1/score`, { method: 'POST', body: `${'['.repeat(4000)}` });
    expect([nested.status, (await nested.json()).error.message]).toEqual([
      400,
      'the body is nested deeper than 8 levels',
    ]);
    expect((await score(server, { items: Array(4).fill({ completion: 'x' }) })).status).toBe(413);
    const latin = await fetch(`${server.url}/v1/score`, { method: 'POST', body: new Uint8Array([0x7b, 0xff, 0x7d]) });
    expect(latin.status).toBe(400);
    expect((await score(server)).status).toBe(200);
  });

  it('refuses with 429 when too much waits, and counts', async () => {
    const { open, reward } = gate();
    const server = await start({ verifiers: { slow: reward }, limits: { concurrency: 1, waitingItems: 1 } });
    const first = score(server);
    const second = score(server);
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text())
      .toMatch(/thinkwright_waiting_completions 1\n/);
    const third = await score(server);
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1']);
    open();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/thinkwright_verdicts_total\{verifier="slow",status="scored"\} 2/);
    expect(metrics).toMatch(/thinkwright_requests_total\{path="\/v1\/score",status="429"\} 1/);
  });

  it('finishes what it accepted when it closes', async () => {
    const { open, reward } = gate();
    const server = await start({ verifiers: { slow: reward } });
    const accepted = score(server);
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text())
      .toMatch(/thinkwright_running_requests 1\n/);
    const closing = server.close();
    setTimeout(open, 50);
    expect((await accepted).status).toBe(200);
    await closing;
    await expect(score(server)).rejects.toThrow();
  });

  it('cuts off what does not end, with 503', async () => {
    const server = await start({ verifiers: { stuck: () => new Promise(() => {}) }, graceMs: 50 });
    const accepted = score(server);
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text())
      .toMatch(/thinkwright_running_requests 1\n/);
    await server.close();
    expect((await accepted).status).toBe(503);
  });

  it('a thousand slow clients and half-closed sockets do not stop the others', async () => {
    const server = await start({ limits: { bodyMs: 60_000 } });
    const slow = Array.from({ length: 1000 }, (_, index) => {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"items": [');
      if (index % 2) socket.end();
      return socket;
    });
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text(), { timeout: 20_000 })
      .toMatch(/thinkwright_body_bytes [1-9]/);
    for (let round = 0; round < 20; round++) expect((await score(server)).status).toBe(200);
    // Answered while the slow ones were still there.
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/thinkwright_body_bytes [1-9]/);
    for (const socket of slow) socket.destroy();
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text(), { timeout: 20_000 })
      .toMatch(/thinkwright_body_bytes 0\n/);
  });

  it('a body that trickles is cut off', async () => {
    const server = await start({ limits: { bodyMs: 50 } });
    const socket = connect(server.port, '127.0.0.1');
    socket.write('POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    socket.destroy();
  });
});

interface Reply {
  type: string;
  data: Record<string, unknown>;
}

describe('OpenEnv over /ws', () => {
  const session = async (server: RewardServer) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    const inbox: Reply[] = [];
    const readers: ((message: Reply) => void)[] = [];
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      const reader = readers.shift();
      if (reader) reader(message);
      else inbox.push(message);
    });
    const next = () =>
      new Promise<Reply>((resolve) => (inbox.length > 0 ? resolve(inbox.shift()!) : readers.push(resolve)));
    await new Promise((resolve) => socket.once('open', resolve));
    const ask = (message: unknown) => {
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      return next();
    };
    return { socket, ask, next };
  };

  it('remembers the row from reset to step, and answers mistakes without ending', async () => {
    const { socket, ask } = await session(await start());
    expect(await ask({ type: 'reset', data: { seed: 3, episode_id: 'e1', prompt: '6*7?', answer: '42' } })).toEqual({
      type: 'observation',
      data: { observation: { prompt: '6*7?', text: '' }, reward: null, done: false },
    });
    expect((await ask('{')).data.code).toBe('INVALID_JSON');
    expect((await ask({ type: 'jump' })).data.code).toBe('UNKNOWN_TYPE');
    expect((await ask({ type: 'step', data: {} })).data.code).toBe('VALIDATION_ERROR');
    expect(await ask({ type: 'step', data: { completion: 'It is 42.' } })).toMatchObject({
      type: 'observation',
      data: { reward: 1, done: true },
    });
    expect(await ask({ type: 'state' })).toEqual({ type: 'state', data: { episode_id: 'e1', step_count: 1 } });
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.send(JSON.stringify({ type: 'close' }));
    expect(await ended).toBe(1000);
  });

  it('takes no more sessions than it may', async () => {
    const server = await start({ limits: { sessions: 1 } });
    await session(server);
    const second = await session(server);
    expect(await second.next()).toMatchObject({ data: { code: 'CAPACITY_REACHED' } });
  });
});
