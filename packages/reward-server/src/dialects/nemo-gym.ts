// NeMo Gym resources server: POST /seed_session, then POST /verify { responses_create_params, response, ...task fields } → the request
// with `reward` and `reward_components`. `response` is an object of OpenAI's Responses API: reasoning items are the thinking.
// POST /aggregate_metrics sums up verified rollouts: mean, max, min, median and standard deviation of every number in them.
import type { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { expectList, expectType, type ReceivedCompletion } from '../completion-context.ts';
import { answerJson, judge, type RewardService, verdictsOnly } from '../service.ts';

export function nemoGym(app: Hono, service: RewardService): void {
  app.post('/seed_session', (context) => {
    // Verification is stateless; the cookie is what its client carries from call to call.
    setCookie(context, 'session', crypto.randomUUID(), { httpOnly: true, sameSite: 'Lax' });
    return context.json({});
  });
  app.post('/verify', (context) =>
    answerJson(service, context, async (body, signal) => {
      const request = expectType(body, 'object', 'body');
      const [verdict] = verdictsOnly(await judge(service, context.req.query('verifier'), [readTask(request)], signal));
      return { ...request, reward: verdict!.value, reward_components: verdict!.parts };
    }),
  );
  app.get('/reverify_mode', (context) => context.json('stateless'));
  app.post('/aggregate_metrics', (context) =>
    answerJson(service, context, async (body) => {
      const rollouts = expectList(expectType(body, 'object', 'body').verify_responses, 'verify_responses');
      return aggregate(rollouts.map((one, index) => expectType(one, 'object', `verify_responses[${index}]`)));
    }),
  );
}

const TASK = '_ng_task_index';

function aggregate(rollouts: Record<string, unknown>[]): object {
  const tasks = new Map<number, Record<string, unknown>[]>();
  for (const rollout of rollouts) {
    const task = Number(rollout[TASK] ?? 0);
    tasks.set(task, [...(tasks.get(task) ?? []), rollout]);
  }
  const agent = statistics(rollouts);
  return {
    group_level_metrics: [...tasks].sort(([a], [b]) => a - b).map(([task, rows]) => ({ ...statistics(rows), num_rollouts: rows.length, [TASK]: task })), // biome-ignore format: one expression
    agent_metrics: agent,
    key_metrics: Object.fromEntries(Object.entries(agent).filter(([name]) => name.startsWith('mean/'))),
  };
}

/** As its RewardProfiler names them; the standard deviation is that of a sample, so one rollout has none. */
function statistics(rollouts: Record<string, unknown>[]): Record<string, number> {
  const names = new Set(rollouts.flatMap((rollout) => Object.keys(rollout)));
  const found: Record<string, number> = {};
  for (const name of names) {
    const values = rollouts.map((rollout) => (typeof rollout[name] === 'boolean' ? Number(rollout[name]) : rollout[name])).filter((value) => typeof value === 'number'); // biome-ignore format: one expression
    if (name.startsWith('_') || values.length === 0) continue;
    const sorted = values.sort((a, b) => a - b);
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const middle = sorted.length / 2;
    found[`mean/${name}`] = mean;
    found[`max/${name}`] = sorted.at(-1)!;
    found[`min/${name}`] = sorted[0]!;
    found[`median/${name}`] = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
    if (sorted.length > 1) found[`std/${name}`] = Math.sqrt(squares / (sorted.length - 1));
  }
  return found;
}

function readTask({ responses_create_params, response, ...task }: Record<string, unknown>): ReceivedCompletion {
  const { input } = expectType(responses_create_params, 'object', 'responses_create_params');
  const { output, incomplete_details } = expectType(response, 'object', 'response');
  const answer = task.answer ?? task.expected_answer ?? task.label;
  return {
    prompt: readInput(input),
    completion: readOutput(expectList(output, 'response.output')),
    row: { ...task, ...(answer === undefined || answer === null ? {} : { answer: String(answer) }) },
    groupId: 'one',
    truncated: (incomplete_details as { reason?: unknown } | null | undefined)?.reason === 'max_output_tokens',
  };
}

function readInput(input: unknown): ReceivedCompletion['prompt'] {
  if (typeof input === 'string') return input;
  return expectList(input, 'responses_create_params.input').flatMap((item, index) => {
    const { role, content } = expectType(item, 'object', `responses_create_params.input[${index}]`);
    if (typeof role !== 'string') return []; // tool calls and their outputs
    return [{ role: role === 'developer' ? 'system' : (role as 'user'), content: textOf(content) }];
  });
}

/** Thinking between the marks, then the texts of the messages; tool calls say nothing of the answer. */
function readOutput(output: unknown[]): string {
  const thinking: string[] = [];
  const answer: string[] = [];
  for (const [index, value] of output.entries()) {
    const item = expectType(value, 'object', `response.output[${index}]`);
    if (item.type === 'reasoning') thinking.push(textOf(item.content ?? item.summary) || textOf(item.summary));
    else if (item.type === 'message') answer.push(textOf(item.content));
  }
  return `${thinking.length > 0 ? `<think>${thinking.join('\n')}</think>` : ''}${answer.join('\n')}`;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (typeof part?.text === 'string' ? part.text : '')).join('');
}
