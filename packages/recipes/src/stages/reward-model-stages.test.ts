// One recipe trains reward models and uses them: as the reward of GRPO, as step-level credit, in best-of-N and in beam search over steps.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import { planRun } from '../run/plan.ts';
import { checkRecipe, runRecipe } from '../run/run-recipe.ts';
import { stageExecutors } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'reward-model-stages-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const lines = (name: string, rows: unknown[]) =>
  writeFileSync(join(home, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

/** The outcome model learns to like sevens, the process model to call steps of a seven right. */
const text = `name: judged
device: cpu
model:
  scratch: { hidden_size: 16, intermediate_size: 32, layer_count: 1, head_count: 2, embedding_std: 0.3 }
data: { name: last-digit-chains, shortest: 1, longest: 1 }
stages:
  - name: outcome
    kind: reward-model
    data: { name: pairs.jsonl }
    options: { max_steps: 30, per_device_train_batch_size: 16, learning_rate: 2e-2 }
  - name: process
    kind: process-reward
    data: { name: steps.jsonl }
    options: { max_steps: 30, per_device_train_batch_size: 16, learning_rate: 2e-2, step_separator: '=' }
  - name: reinforce
    kind: rl
    rewards: { outcome: 1 }
    options: { max_steps: 16, per_device_train_batch_size: 64, max_completion_length: 6, learning_rate: 2e-2, lr_scheduler_type: constant }
  - name: credit
    kind: rl
    rewards: { process: 1 }
    options: { max_steps: 2, per_device_train_batch_size: 32, max_completion_length: 6, learning_rate: 1e-3, step_reward_coef: 0.5 }
  - name: best
    kind: evaluate
    options: { problems: 4, samples: 2, max_tokens: 6, search: { scored_by: outcome, n: 4 } }
  - name: beam
    kind: evaluate
    options: { problems: 4, samples: 2, max_tokens: 6, search: { kind: step_beam, scored_by: process, beams: 2, expansions: 2, max_steps: 3 } }
`;
const recipe = (changed = text) => parseRecipe(changed, join(home, 'judged.yaml'));

beforeAll(async () => {
  await useDevice('cpu');
  const chains = Array.from({ length: 40 }, (_, i) => `${i % 10}+${(i * 3) % 10}`);
  const user = (content: string) => [{ role: 'user', content }];
  const other = (i: number) => '012345689'[i % 9]!;
  lines('pairs.jsonl', chains.map((chain, i) => ({ prompt: user(chain), chosen: i % 2 ? '7' : '77', rejected: i % 3 ? other(i) : other(i) + other(i + 4) }))); // biome-ignore format: one row a line
  lines('steps.jsonl', chains.map((chain, i) => ({ prompt: user(chain), completions: ['7', other(i)], labels: [true, false] }))); // biome-ignore format: one row a line
});

describe('a recipe that trains its own judges', () => {
  it('pays a later stage with them, credits steps and searches with them', async () => {
    const left: Record<string, string> = {};
    const { status, result } = await runRecipe(recipe(), {
      folder: join(home, 'run'),
      onEvent: (event) => {
        if (event.type === 'stage-end' && event.outcome.checkpoint) left[event.stage] = event.outcome.checkpoint;
      },
    });
    expect(status).toBe('finished');
    const steps = readFileSync(join(dirname(left.reinforce!), 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const rewards = steps.map(
      (line) => (JSON.parse(line).metrics ?? JSON.parse(line))['rewards/outcome/mean'] as number,
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(rewards).toHaveLength(16);
    expect(mean(rewards.slice(-4))).toBeGreaterThan(mean(rewards.slice(0, 4)) + 1); // it learns to write what the judge likes
    expect(result!.checkpoint).toBe(left.credit);
  });

  it('runs a stage anew when the judge that it names changes, and only then', async () => {
    const hashes = async (changed: string) => {
      const { stages } = await planRun(recipe(changed), stageExecutors, { versions: {}, device: 'cpu' });
      return Object.fromEntries(stages.map(({ name, hash }) => [name, hash]));
    };
    const [before, after] = [
      await hashes(text),
      await hashes(text.replace("step_separator: '='", "step_separator: '+'")),
    ];
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual([
      'process',
      'credit',
      'best',
      'beam',
    ]);
  });

  it.each([
    ['rewards: { outcome: 1 }', 'rewards: { outcom: 1 }', /judged.yaml:17: .*Did you mean "outcome"/],
    ['name: outcome\n', 'name: accuracy\n', /no reward "outcome"/],
    ['scored_by: outcome', 'scored_by: reinforce', /"reinforce", which is no reward-model/],
    ['scored_by: process', 'scored_by: outcome', /step_beam needs scores of steps/],
    ['n: 4', 'm: 4', /m/],
  ])('refuses what cannot work before anything runs: %s', async (from, to, message) => {
    await expect(checkRecipe(recipe(text.replace(from, to)))).rejects.toThrow(message);
  });

  it('refuses a name with two meanings', async () => {
    const twice = text.replace('name: outcome\n', 'name: accuracy\n').replaceAll('outcome', 'accuracy');
    await expect(checkRecipe(recipe(twice))).rejects.toThrow(/both a stage and a built-in reward/);
  });
});
