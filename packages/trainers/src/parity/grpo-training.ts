// training/grpo: GRPOTrainer.train() on recorded completions, two iterations a generation, beta 0.04; grpo-gspo: sequence
// ratios, three iterations, clip-higher. Log-probs of the old policy and of the reference are recomputed here, never read from the file.

import { groupAdvantages } from '../advantages/group-advantages.ts';
import type { ImportanceLevel } from '../policy-losses/importance-ratio.ts';
import type { LossType } from '../policy-losses/loss-types.ts';
import { learn } from '../rl/learn.ts';
import { learnerWindow } from '../rl/learner-batch.ts';
import { logProbsOfRollouts } from '../rl/log-probs-of-rollouts.ts';
import { type ReferencePolicy, referencePolicy } from '../rl/reference-policy.ts';
import type { Rollout } from '../rl/rollout.ts';
import { absoluteDeviation, type Comparison, countFamily, type ParityFamily } from './parity-family.ts';
import { readParityJson } from './parity-folder.ts';
import { microBatchMeans, recordedRuns, replayTraining } from './training.ts';

const LOGGED = ['entropy', 'clip_ratio/low_mean', 'clip_ratio/high_mean', 'clip_ratio/region_mean'];

interface GrpoMicroBatch {
  prompt_ids: number[][];
  prompt_mask: number[][];
  completion_ids: number[][];
  completion_mask: number[][];
  advantages: number[];
}
interface RecordedRollouts {
  prompt_ids: number[][];
  completion_ids: number[][];
  rewards: number[];
}

export function grpoTrainingParity(folder: string): Promise<ParityFamily> {
  return countFamily(recordedRuns(folder, 'grpo'), async ({ id }) => {
    const { rollouts: recorded } = readParityJson<{ rollouts: RecordedRollouts[] }>(folder, `training/${id}.json`);
    let generation: Rollout[] = [];
    let frozen: ReferencePolicy | undefined;
    let largestAdvantageDeviation = 0;
    const comparisons = await replayTraining<GrpoMicroBatch>(
      folder,
      id,
      async ({ model, window, microBatches, learningRate, step, options }) => {
        const beta = options.beta as number;
        const groupSize = options.num_generations as number;
        const scoring = { temperature: 1, batchSize: 8 };
        frozen ??= referencePolicy(model);
        const iterations = options.num_iterations as number;
        if (step % iterations === 0) {
          generation = rolloutsOf(recorded[step / iterations]!, groupSize);
          const old = await logProbsOfRollouts(model, generation, scoring);
          const reference = await logProbsOfRollouts(frozen.model, generation, scoring);
          for (const [i, rollout] of generation.entries()) {
            rollout.oldLogProbs = old[i]!;
            rollout.referenceLogProbs = reference[i]!;
          }
        }
        const shuffled = microBatches.flatMap((batch) => pick(batch, generation)); // TRL shuffles the generation
        const theirs = microBatches.flatMap(({ advantages }) => advantages);
        const ours = shuffled.map(({ advantage }) => advantage);
        largestAdvantageDeviation = Math.max(largestAdvantageDeviation, absoluteDeviation(ours, theirs));
        const batches = learnerWindow(shuffled, {
          lossType: options.loss_type as LossType,
          maxCompletionLength: options.max_completion_length as number,
          maskTruncatedCompletions: false,
          dropZeroSignalGroups: false,
          perDeviceTrainBatchSize: options.per_device_train_batch_size as number,
        });
        const epsilon = options.epsilon as number;
        const objective = {
          epsilon,
          epsilonHigh: (options.epsilon_high as number | undefined) ?? epsilon,
          delta: null,
          beta,
          useBiasCorrectionKl: true,
          lossType: options.loss_type as LossType,
          importanceSamplingLevel: (options.importance_sampling_level as ImportanceLevel | undefined) ?? 'token',
        };
        const settings = { ...objective, temperature: 1, gradientCheckpointing: false };
        const logged = await microBatchMeans(model, batches, beta > 0 ? [...LOGGED, 'kl'] : LOGGED, (into, batch) =>
          learn(model, into, [batch], 0, settings, true),
        );
        const { metrics } = await learn(model, window, batches, learningRate, settings, true);
        return { loss: metrics.loss!, gradNorm: metrics.grad_norm!, logged };
      },
    );
    frozen?.dispose();
    const advantages: Comparison = { what: 'advantages', deviation: largestAdvantageDeviation, tolerance: 1e-6 };
    return [...comparisons, advantages];
  });
}

function rolloutsOf({ prompt_ids, completion_ids, rewards }: RecordedRollouts, groupSize: number): Rollout[] {
  const { advantages, zeroSignal } = groupAdvantages(Float64Array.from(rewards), groupSize, 'group');
  return completion_ids.map((ids, i) => ({
    key: String(Math.floor(i / groupSize)),
    sample: i % groupSize,
    group: Math.floor(i / groupSize),
    promptIds: Int32Array.from(prompt_ids[i]!),
    ids: Int32Array.from(ids),
    samplerLogProbs: new Float32Array(ids.length),
    finish: 'stop',
    reward: rewards[i]!,
    parts: {},
    advantage: advantages[i]!,
    zeroSignal: zeroSignal[Math.floor(i / groupSize)]!,
  }));
}

/** Our rollouts in the order of a micro-batch of TRL's. */
function pick(batch: GrpoMicroBatch, generation: Rollout[]): Rollout[] {
  return batch.completion_ids.map((padded, row) => {
    const ids = padded.filter((_, t) => batch.completion_mask[row]![t] === 1).join();
    const promptIds = batch.prompt_ids[row]!.filter((_, t) => batch.prompt_mask[row]![t] === 1).join();
    return generation.find((rollout) => rollout.ids.join() === ids && rollout.promptIds.join() === promptIds)!;
  });
}
