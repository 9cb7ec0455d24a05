// training/dpo and training/dpo-apo: DPOTrainer.train(), five steps against a reference that stays at the start.

import { join } from 'node:path';
import { loadModel } from '@thinkwright/models';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { parsePreferenceOptions } from '../options/preference-options.ts';
import { learnPairs } from '../preference/learn-pairs.ts';
import { liveScores } from '../preference/reference-scores.ts';
import { countFamily, type ParityFamily } from './parity-family.ts';
import { readParityJson } from './parity-folder.ts';
import { microBatchMeans, recordedRuns, replayTraining } from './training.ts';

const LOGGED = ['rewards', 'logps', 'logits'].flatMap((kind) => [`${kind}/chosen`, `${kind}/rejected`]);
LOGGED.push('rewards/margins', 'rewards/accuracies', 'entropy');

interface PairBatch {
  input_ids: number[][]; // chosen rows, then rejected ones
  attention_mask: number[][];
  completion_mask: number[][];
}

export function dpoTrainingParity(folder: string): Promise<ParityFamily> {
  return countFamily(recordedRuns(folder, 'dpo'), async ({ id }) => {
    const { model: name } = readParityJson<{ model: string }>(folder, `training/${id}.json`);
    const reference = { model: await loadModel(join(folder, 'models', name)), adapterOff: false, dispose() {} };
    const comparisons = await replayTraining<PairBatch>(folder, id, async (replayed) => {
      const { model, window, microBatches, learningRate, step } = replayed;
      const { beta, loss_type: lossType, max_steps: maxSteps } = replayed.options;
      const options = parsePreferenceOptions({ beta, lossType, maxSteps });
      const pairs = microBatches.map(pairsOf);
      const learn = (into: OptimizerWindow, batches: typeof pairs, rate: number) =>
        learnPairs(model, liveScores(reference), into, batches, rate, options, step);
      const logged = await microBatchMeans(model, pairs, LOGGED, (into, micro) => learn(into, [micro], 0));
      const { metrics } = await learn(window, pairs, learningRate);
      return { loss: metrics.loss!, gradNorm: metrics.grad_norm!, logged };
    });
    reference.model.dispose();
    return comparisons;
  });
}

function pairsOf(batch: PairBatch) {
  const sequences = batch.input_ids.map((ids, row): TrainingSequence => {
    const length = batch.attention_mask[row]!.reduce((sum, m) => sum + m, 0);
    return {
      ids: Int32Array.from(ids.slice(0, length)),
      mask: Uint8Array.from(batch.completion_mask[row]!.slice(0, length)),
    };
  });
  const pairs = sequences.length / 2;
  return sequences.slice(0, pairs).map((chosen, i) => ({ chosen, rejected: sequences[pairs + i]! }));
}
