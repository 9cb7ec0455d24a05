// Reward models at work: scores for `outcomeModelReward` and `processModelReward` of @thinkwright/rewards, and for searches. In batches,
// without a tape.

import type { ChatFormat } from '@thinkwright/chat';
import type { Classifier } from '@thinkwright/models';
import type { RewardContext } from '@thinkwright/rewards';
import { tf } from '@thinkwright/tensors';
import { microBatchesOf } from '../batches/micro-batches.ts';
import { hiddenAt, type PickedSequence, uploadPicked } from '../batches/picked-rows.ts';
import { checkClassifier } from './classifier-trainer.ts';
import { processRewardTokens, UNLABELLED } from './process-reward-tokens.ts';
import { type StepPrompt, type StepTokenSettings, separatorIds, stepTokens } from './step-source.ts';

export interface ScoreBatching {
  /** Sequences that go through the model at once. Default 16. */
  batchSize?: number;
}

/** Outputs of the score at the picked places, one array of L numbers for each place, laid end to end over all sequences. */
async function outputsAt(
  { model, head }: Classifier,
  sequences: readonly PickedSequence[],
  { batchSize = 16 }: ScoreBatching,
): Promise<number[][]> {
  const width = head.weight.shape[0]!;
  const outputs: number[][] = [];
  for (const chunk of microBatchesOf(sequences, batchSize)) {
    const batch = uploadPicked(chunk);
    const scores = tf.tidy(() => head.forward(hiddenAt(model, batch)));
    batch.dispose();
    const values = await scores.data();
    scores.dispose();
    for (let start = 0; start < values.length; start += width)
      outputs.push(Array.from(values.slice(start, start + width)));
  }
  return outputs;
}

/** The score of each sequence, read at its last token. @param classifier of kind `sequence`. */
export async function outcomeScores(
  classifier: Classifier,
  sequences: readonly Int32Array[],
  batching: ScoreBatching = {},
): Promise<number[]> {
  checkClassifier(classifier, { kind: 'sequence', labels: 1 }, 'outcomeScores');
  const picked = sequences.map((ids) => ({ ids, at: [ids.length - 1] }));
  return (await outputsAt(classifier, picked, batching)).map(([score]) => score!);
}

/** Prompt and steps of a solution. */
export interface Solution {
  prompt: StepPrompt;
  steps: readonly string[];
}

/** The probability that each step of each solution is right. @param classifier of kind `token`. */
export async function stepScores(
  classifier: Classifier,
  solutions: readonly Solution[],
  { batchSize, ...settings }: StepTokenSettings & ScoreBatching,
): Promise<number[][]> {
  checkClassifier(classifier, { kind: 'token', labels: 2 }, 'stepScores');
  const separator = separatorIds(settings);
  const picked = solutions.map(({ prompt, steps }) => {
    const tokens = stepTokens(prompt, steps, settings);
    const { ids, labels } = processRewardTokens(
      { ...tokens, labels: steps.map(() => true) },
      { separatorIds: separator },
    );
    return { ids: Int32Array.from(ids), at: labels.flatMap((label, i) => (label === UNLABELLED ? [] : [i])) };
  });
  const right = (await outputsAt(classifier, picked, { batchSize })).map(([no, yes]) => 1 / (1 + Math.exp(no! - yes!)));
  let end = 0;
  return solutions.map(({ steps }) => {
    end += steps.length;
    return right.slice(end - steps.length, end);
  });
}

/** `score` for outcomeModelReward: prompt and sampled ids, as they are. */
export function outcomeScorer(classifier: Classifier, format: ChatFormat, batching: ScoreBatching = {}) {
  return (batch: RewardContext[]): Promise<number[]> => {
    const sequences = batch.map(({ prompt, row, mode, ids }) => {
      const promptIds =
        typeof row.prompt === 'string'
          ? format.tokenizer.encode(row.prompt, { addSpecialTokens: false })
          : format.renderPrompt(prompt, { mode }).ids;
      return Int32Array.of(...promptIds, ...ids);
    });
    return outcomeScores(classifier, sequences, batching);
  };
}

/** `score` for processModelReward. */
export function processScorer(classifier: Classifier, settings: StepTokenSettings & ScoreBatching) {
  return (batch: { context: RewardContext; steps: string[] }[]): Promise<number[][]> =>
    stepScores(
      classifier,
      batch.map(({ context, steps }) => ({
        prompt: typeof context.row.prompt === 'string' ? context.row.prompt : context.prompt,
        steps,
      })),
      settings,
    );
}
