// training/sft*.json: SFTTrainer.train(), padded, packed, with LoRA or the dft loss, as many runs as the folder holds.

import type { TrainingSequence } from '../batches/training-sequence.ts';
import { learnSequences } from '../sft/learn-sequences.ts';
import { countFamily, type ParityFamily } from './parity-family.ts';
import { microBatchMeans, recordedRuns, replayTraining } from './training.ts';

const LOGGED = ['entropy', 'mean_token_accuracy'];

interface SftMicroBatch {
  input_ids: number[][];
  labels: number[][];
  attention_mask?: number[][];
  cu_seq_lens_q?: number[];
}

export function sftTrainingParity(folder: string): Promise<ParityFamily> {
  return countFamily(recordedRuns(folder, 'sft'), ({ id }) => {
    return replayTraining<SftMicroBatch>(
      folder,
      id,
      async ({ model, window, microBatches, learningRate, step, options: recorded }) => {
        const sequences = microBatches.map(sequencesOf);
        const options = {
          step,
          seed: 0,
          gradientCheckpointing: false,
          lossType: recorded.loss_type === 'dft' ? ('dft' as const) : ('nll' as const),
        };
        const logged = await microBatchMeans(model, sequences, LOGGED, (into, micro) =>
          learnSequences(model, into, [micro], 0, { ...options, tokenAccuracy: true }),
        );
        const { metrics } = await learnSequences(model, window, sequences, learningRate, options);
        return { loss: metrics.loss!, gradNorm: metrics.grad_norm!, logged };
      },
    );
  });
}

/** Padded rows, or one padding-free row with its boundaries, as sequences. */
function sequencesOf(batch: SftMicroBatch): TrainingSequence[] {
  if (batch.cu_seq_lens_q !== undefined) {
    const ends = batch.cu_seq_lens_q.slice(1);
    return ends.map((end, i) => sequence(batch.input_ids[0]!, batch.labels[0]!, batch.cu_seq_lens_q![i]!, end));
  }
  return batch.input_ids.map((ids, row) => {
    const length = batch.attention_mask![row]!.reduce((sum, m) => sum + m, 0);
    return sequence(ids, batch.labels[row]!, 0, length);
  });
}

function sequence(ids: number[], labels: number[], from: number, to: number): TrainingSequence {
  return {
    ids: Int32Array.from(ids.slice(from, to)),
    mask: Uint8Array.from(labels.slice(from, to), (label) => (label === -100 ? 0 : 1)),
  };
}
