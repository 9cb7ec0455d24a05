// Executors whose "weights" are one number: enough to show that order, gates, aborts and resume give the same result on every path.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trainThroughGate } from '../run/gates.ts';
import type { RunMachine, StageContext, StageExecutor, StageExecutors } from '../stages/executor.ts';

export interface FakeExecutors extends StageExecutors {
  /** `stage:step` of every step that was really trained. */
  trained: string[];
}

/** Options of fake stages: max_steps; the gate's metric is `weights`. Each step multiplies and adds, so order and count matter. */
export function createFakeExecutors(
  hooks: { beforeStep?: (stage: string, step: number) => void | Promise<void> } = {},
): FakeExecutors {
  const trained: string[] = [];
  const training: StageExecutor = {
    totalSteps: (stage) => Number(stage.options.maxSteps),
    run: (context) => train(context, trained, hooks.beforeStep),
  };
  const evaluation: StageExecutor = {
    async run({ input, emit, signal }) {
      for (const done of [1, 2]) {
        await Promise.resolve();
        if (signal.aborted) return undefined;
        emit({ type: 'progress', label: 'fake', done, total: 2 });
      }
      const value = readWeights(input!) % 1;
      const figures = {
        greedy: value,
        sampled: value,
        passAt8: value,
        format: 1,
        obeyed: 1,
        tokens: 12,
        operationsPerLine: 1.5,
      };
      return {
        steps: 0,
        tokens: 0,
        metrics: {},
        evaluation: { task: 'fake', problems: 2, samplesPerProblem: 8, think: figures, noThink: figures, samples: [] },
      };
    },
  };
  return {
    pretrain: training,
    sft: training,
    rl: training,
    ppo: training,
    distill: training,
    'reward-model': training,
    'process-reward': training,
    'rejection-sampling': training,
    preference: training,
    evaluate: evaluation,
    trained,
  };
}

export const fakeMachine: RunMachine = {
  prepare: async () => ({ name: 'fake', description: 'fake device' }),
  versions: () => ({ thinkwright: 'test' }),
};

const readWeights = (folder: string): number => Number(readFileSync(join(folder, 'weights.txt'), 'utf8'));

async function train(
  { stage, folder, input, emit, signal, recipe }: StageContext,
  trained: string[],
  beforeStep?: (stage: string, step: number) => void | Promise<void>,
) {
  mkdirSync(folder.checkpoints, { recursive: true });
  const last = readdirSync(folder.checkpoints)
    .map((name) => Number(name.replace('checkpoint-', '')))
    .sort((a, b) => a - b)
    .at(-1);
  let step = last ?? 0;
  let weights =
    last !== undefined
      ? readWeights(join(folder.checkpoints, `checkpoint-${last}`))
      : input
        ? readWeights(input)
        : recipe.seed;
  folder.rewindTo(step);
  const save = (target: string) => {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'weights.txt'), String(weights));
  };
  const planned = Number(stage.options.maxSteps);
  const outcome = await trainThroughGate({
    planned,
    gate: stage.gate,
    step: () => step,
    async trainTo(target) {
      while (step < target) {
        await beforeStep?.(stage.name, step + 1);
        if (signal.aborted) {
          save(join(folder.checkpoints, `checkpoint-${step}`));
          return false;
        }
        step++;
        weights = (weights * 1.1 + step * 0.013) % 10;
        trained.push(`${stage.name}:${step}`);
        emit({
          type: 'step',
          step,
          totalSteps: target,
          metrics: { loss: 1 / step, weights },
          tokens: 100,
          seconds: 0.01,
        });
        if (step % 3 === 0) save(join(folder.checkpoints, `checkpoint-${step}`));
      }
      return true;
    },
    measure: async () => weights,
    onDecision: ({ metric, value, atLeast, action, extraSteps }) =>
      emit({ type: 'gate', metric, value, atLeast, action, extraSteps }),
  });
  if (!outcome) return undefined;
  save(folder.model);
  return {
    steps: outcome.steps,
    tokens: outcome.steps * 100,
    checkpoint: folder.model,
    metrics: { weights },
    gate: outcome.gate,
  };
}
