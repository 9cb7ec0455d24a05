// packing/sft-loss.jsonl: SFTTrainer.compute_loss, nll, chunked_nll and dft with and without num_items_in_batch;
// a micro-batch without targets takes no part in its window, which is TRL's 0. A window without any is an error here (TRL returns 0
// and learns nothing), so those cases are skipped.

import { computeGradients, tf, tokenLogProbs } from '@thinkwright/tensors';
import { dynamicFineTuning, negativeLogLikelihood } from '../sft/sft-loss.ts';
import {
  absoluteDeviation,
  type Comparison,
  countFamily,
  type ParityFamily,
  relativeDeviation,
} from './parity-family.ts';
import { flatten, readCases } from './parity-folder.ts';

interface Inputs {
  logits: number[][][]; // [B, T, V]
  inputIds: number[][];
  labels: number[][];
}
interface Outputs {
  loss: number;
  gradLogits: number[][][];
}

const TOLERANCE = 2e-6;

export function sftLossParity(folder: string): Promise<ParityFamily> {
  const cases = readCases<Inputs, Outputs>(folder, 'packing/sft-loss.jsonl');
  return countFamily(cases, async ({ options, inputs, outputs }) => {
    const picked: { row: number; t: number; target: number }[] = []; // logits at t predict the label at t + 1
    for (const [row, labels] of inputs.labels.entries()) {
      for (let t = 0; t + 1 < labels.length; t++)
        if (labels[t + 1] !== -100) picked.push({ row, t, target: labels[t + 1]! });
    }
    if (picked.length === 0) {
      if (options.num_items_in_batch === null) return undefined; // the whole window: an error here
      const nothing = new Float64Array(flatten(inputs.logits).length);
      return [
        { what: 'loss', deviation: absoluteDeviation([0], [outputs.loss]), tolerance: 0 },
        { what: 'gradLogits', deviation: absoluteDeviation(nothing, flatten(outputs.gradLogits)), tolerance: 0 },
      ];
    }
    const logits = tf.tidy(() => tf.variable(tf.tensor2d(picked.map(({ row, t }) => inputs.logits[row]![t]!)))); // [N, V]
    const targets = tf.tensor1d(
      picked.map(({ target }) => target),
      'int32',
    );
    const identity = tf.eye(logits.shape[1]!); // hidden rows are the logits themselves
    const windowTokens = (options.num_items_in_batch as number | null) ?? picked.length;
    const { loss, gradients } = computeGradients(() => {
      const { logProbs } = tokenLogProbs(logits as unknown as tf.Tensor2D, identity, targets);
      const loss = options.loss_type === 'dft' ? dynamicFineTuning : negativeLogLikelihood;
      return loss(logProbs, windowTokens);
    }, [{ name: 'logits', variable: logits, decay: false }]);
    const expected = flatten(picked.map(({ row, t }) => outputs.gradLogits[row]![t]!));
    const gradient = await gradients.get('logits')!.data();
    const [value] = await loss.data();
    tf.dispose([logits, targets, identity, loss, ...gradients.values()]);
    const comparisons: Comparison[] = [
      { what: 'loss', deviation: absoluteDeviation([value!], [outputs.loss]) / outputs.loss, tolerance: TOLERANCE },
      { what: 'gradLogits', deviation: relativeDeviation(gradient, expected), tolerance: TOLERANCE },
    ];
    return comparisons;
  });
}
