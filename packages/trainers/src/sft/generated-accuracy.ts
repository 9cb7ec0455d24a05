// What held-out problems say that token accuracy does not: the model answers them, and a reward function judges the answers.
// An `evaluate` port for any trainer: `evaluate: generatedAccuracy({ engine, format, reward, dataset, maxCompletionLength })`.

import type { ChatFormat } from '@thinkwright/chat';
import type { Dataset } from '@thinkwright/datasets';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { TrainerError } from '../errors.ts';
import { sampleAndScore } from '../rl/generation.ts';
import { PromptSource } from '../rl/prompt-source.ts';
import type { Evaluate } from '../trainer.ts';

export interface GeneratedAccuracyOptions {
  /** Samples with the weights that are trained. */
  engine: RolloutEngine;
  format: ChatFormat;
  reward: RewardFunction;
  /** Held-out problems, all of which are asked at every evaluation. */
  dataset: Dataset<Row>;
  maxCompletionLength: number;
  /** Answers to each problem. Default 1. */
  samples?: number;
  /** Default 0, greedy. */
  temperature?: number;
  /** Rewards from here on count as correct. Default 1. */
  correctFrom?: number;
  seed?: number;
}

/** Metrics eval_reward, eval_accuracy, eval_unscored and eval_completions/mean_length, /clipped_ratio. */
export function generatedAccuracy(options: GeneratedAccuracyOptions): Evaluate {
  const { engine, format, reward, dataset, maxCompletionLength } = options;
  const { samples = 1, temperature = 0, correctFrom = 1, seed = 0 } = options;
  return async ({ step, model }) => {
    const rows = dataset.stream({ shuffle: false, epochs: 1 });
    const source = new PromptSource(rows, format, model.config.maxPositions - maxCompletionLength);
    const prompts = await source.take(Number.POSITIVE_INFINITY);
    if (prompts.length === 0)
      throw new TrainerError(
        'TW_TRAINERS_NO_ROWS',
        `generatedAccuracy: not one of ${source.read} problems leaves room for ${maxCompletionLength} tokens. Check the dataset, or lower maxCompletionLength.`,
      );
    const sampling = { temperature, topK: 0, topP: 1, minP: null, maxCompletionLength, numGenerations: samples, seed };
    const ports = { engine, format, reward };
    const { samples: answers } = await sampleAndScore(prompts, ports, sampling, { index: -1, step });
    const scored = answers.filter((answer) => !Number.isNaN(answer.reward));
    const share = (count: number, of: number) => count / of;
    const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    return {
      eval_reward: total(scored.map((answer) => answer.reward)) / scored.length,
      eval_accuracy: share(scored.filter((answer) => answer.reward >= correctFrom).length, scored.length),
      eval_unscored: answers.length - scored.length,
      'eval_completions/mean_length': total(answers.map(({ trajectory }) => trajectory.ids.length)) / answers.length,
      'eval_completions/clipped_ratio': share(
        answers.filter(({ trajectory }) => trajectory.finish === 'length').length,
        answers.length,
      ),
    };
  };
}
