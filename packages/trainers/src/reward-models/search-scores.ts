// Reward models as the scores of a search (`bestOfNEngine`, `stepBeamEngine` of @thinkwright/rollouts): sampled ids in, finished or not, one
// score each. The thinking is cut into steps as in `processModelReward`, and the ids of the prompt are not tokenised again.

import type { ChatFormat } from '@thinkwright/chat';
import type { Classifier } from '@thinkwright/models';
import { aggregateSteps, parseCompletion, type StepAggregation } from '@thinkwright/rewards';
import type { ScoreFound } from '@thinkwright/rollouts';
import { outcomeScores, type ScoreBatching, stepScores } from './model-scores.ts';

/** The steps of a thinking: what stands between two separators, without empty ones. */
export const splitSteps = (thinking: string, stepSeparator: string): string[] =>
  thinking
    .split(stepSeparator)
    .map((step) => step.trim())
    .filter((step) => step !== '');

/** @param classifier of kind `sequence`. */
export function outcomeSearchScore(classifier: Classifier, batching: ScoreBatching = {}): ScoreFound {
  return (found) =>
    outcomeScores(
      classifier,
      found.map(({ promptIds, ids }) => Int32Array.of(...promptIds, ...ids)),
      batching,
    );
}

export interface ProcessSearchOptions extends ScoreBatching {
  format: ChatFormat;
  stepSeparator: string;
  /** How the scores of steps become one. Default `min`. */
  aggregate?: StepAggregation;
}

/** NaN where there is no step to judge. @param classifier of kind `token`. */
export function processSearchScore(classifier: Classifier, options: ProcessSearchOptions): ScoreFound {
  const { format, stepSeparator, aggregate = 'min', batchSize } = options;
  const { tokenizer, marks } = format;
  const decode = (ids: Int32Array) => tokenizer.decode(ids, { skipSpecialTokens: false });
  return async (found) => {
    const solutions = found.map(({ promptIds, ids }) => {
      const prefilled = decode(promptIds).trimEnd().endsWith(marks.open);
      const { thinking } = parseCompletion(decode(ids), { marks, prefilled, truncated: true });
      return { prompt: promptIds, steps: splitSteps(thinking, stepSeparator) };
    });
    const judged = solutions.filter(({ steps }) => steps.length > 0);
    const scores = await stepScores(classifier, judged, { format, stepSeparator, batchSize });
    const byIndex = new Map(judged.map((solution, i) => [solution, scores[i]!]));
    return solutions.map((solution) => {
      const own = byIndex.get(solution);
      return own === undefined ? Number.NaN : aggregateSteps(own, aggregate);
    });
  };
}
