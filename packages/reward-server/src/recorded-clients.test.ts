// Requests of the real clients of each dialect, recorded byte for byte by scripts/record-clients.ts from their sources (the fixture
// names file and commit), sent again: the answers must be what those clients made their results of.
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type CodeRunner, createCodeRunner } from './code-runner.ts';
import recorded from './fixtures/recorded-clients.json' with { type: 'json' };
import { type RewardServer, serveRewards } from './serve-rewards.ts';
import { recordedReward } from './test-programs/recorded-reward.ts';

let runner: CodeRunner;
let server: RewardServer;
beforeAll(async () => {
  runner = await createCodeRunner({ workers: 1 });
  server = await serveRewards({ verifiers: { math: recordedReward() }, runCode: runner.run, port: 0 });
});
afterAll(async () => {
  await server.close();
  await runner.close();
});

interface Recorded {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
}

/** With the client's own headers, which fetch would not let through. */
const replay = ({ method, path, headers, body }: Recorded) =>
  new Promise<{ status: number; body: never }>((resolve, reject) => {
    const sent = httpRequest(`${server.url}${path}`, { method, headers }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode!, body: JSON.parse(text) as never });
    });
    sent.once('error', reject);
    sent.end(body);
  });
const replayAll = async (requests: Recorded[]) => {
  const answers: { status: number; body: never }[] = [];
  for (const one of requests) answers.push(await replay(one));
  return answers;
};

describe('recorded requests', () => {
  it('OpenRLHF', async () => {
    const { requests, made } = recorded.OpenRLHF;
    const answers = await replayAll(requests);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ body: { rewards, scores, extra_logs } }) => ({ reward: rewards, scores, extra_logs }))).toEqual(made); // biome-ignore format: one line
  });

  it('slime', async () => {
    const { requests, made } = recorded.slime;
    expect((await replayAll(requests)).map(({ body }) => body)).toEqual(made);
  });

  it('verl, on real sandboxes', async () => {
    const { requests, made } = recorded.verl;
    const answers = await replayAll(requests);
    const ended = answers.map(
      ({ body: { status, run_result } }: { body: { status: string; run_result: { status: string } } }) =>
        status === 'Success' ? 'ran' : run_result.status === 'TimeLimitExceeded' ? 'timeout' : 'runtime_error',
    );
    const read = made.flatMap(({ statuses }) => statuses);
    expect(ended).toEqual(read.map((status) => (status === 'success' || status === 'wrong_answer' ? 'ran' : status)));
    const printed = answers.map(
      ({ body: { run_result } }: { body: { run_result: { stdout: string } } }) => run_result.stdout,
    );
    expect(printed).toEqual(['3\n', '42\n', '-1\n', '38\n', '', '', '', '']);
  });

  it("SandboxFusion's own client, on real sandboxes", async () => {
    const { requests, made } = recorded.SandboxFusion;
    const answers = await replayAll(requests);
    const read = answers.map(({ body: { status, run_result } }: { body: { status: string; run_result: { stdout: string } } }) => ({ status, stdout: run_result.stdout, summary: status })); // biome-ignore format: one line
    expect(read).toEqual(made);
  });

  it('NeMo Gym', async () => {
    const { requests, made } = recorded['NeMo Gym'];
    const [seeded, verified, aggregated] = await replayAll(requests);
    expect(seeded).toEqual({ status: 200, body: {} });
    const { reward, reward_components, ...echo } = verified!.body as { reward: number; reward_components: object };
    expect({ reward, reward_components, metrics: aggregated!.body }).toEqual(made);
    expect(echo).toEqual(JSON.parse(requests[1]!.body));
  });

  it('OpenEnv', async () => {
    const { messages, made } = recorded.OpenEnv;
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await new Promise((resolve) => socket.once('open', resolve));
    const answers: { type: string; data: Record<string, never> }[] = [];
    for (const message of messages.slice(0, -1)) {
      const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
      socket.send(message);
      answers.push(JSON.parse(await answer));
    }
    const [reset, step, state, , wrong, refused] = answers.map(({ data }) => data) as Record<string, never>[];
    const seen = ({ observation, reward, done }: Record<string, never>) => [(observation as { prompt: string }).prompt, reward, done]; // biome-ignore format: one line
    const message = `Server error: ${refused!.message} (code: ${refused!.code})`;
    expect([seen(reset!), seen(step!), state, wrong!.reward, message]).toEqual(made);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(messages.at(-1)!);
    expect(await closed).toBe(1000);
  });
});
