// Muon: the momentum of a weight matrix, made nearly orthogonal by five Newton-Schulz steps, so that every direction learns at the
// same rate. For the matrices inside the blocks only; embeddings, the head and vectors belong to AdamW (`createMuonWithAdamW`).
// Jordan et al., https://kellerjordan.github.io/posts/muon; torch.optim.Muon, which iterates in bfloat16 where this uses float32.

import { assignValues, createAdamW, type Optimizer, type Parameter, tf } from '@thinkwright/tensors';
import { combineOptimizers } from './combine-optimizers.ts';
import { createRuleOptimizer, type UpdateRule } from './rule-optimizer.ts';

export interface MuonOptions {
  momentum?: number;
  nesterov?: boolean;
  weightDecay?: number;
  /** 'original' scales by sqrt(max(1, rows / columns)); 'match_rms_adamw' by 0.2 sqrt(max(rows, columns)), to reuse AdamW's rate. */
  adjustment?: 'original' | 'match_rms_adamw';
}

const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const;
const ITERATIONS = 5;
const SMALLEST_NORM = 1e-7;

export function muon(options: MuonOptions = {}): UpdateRule {
  const { momentum = 0.95, nesterov = true, weightDecay = 0.1, adjustment = 'original' } = options;
  return {
    name: 'Muon',
    slots: ['momentum_buffer'],
    update(value, gradient, { momentum_buffer: buffer }, { learningRate, decay }) {
      const [rows, columns] = value.shape as [number, number];
      const towards = (from: tf.Tensor, to: tf.Tensor, share: number) => tf.add(from, tf.mul(tf.sub(to, from), share));
      buffer!.assign(towards(buffer!, gradient, 1 - momentum));
      const direction = orthogonalise((nesterov ? towards(gradient, buffer!, momentum) : buffer!) as tf.Tensor2D);
      const scale =
        adjustment === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
      const kept = tf.mul(value, 1 - learningRate * (decay ? weightDecay : 0));
      assignValues(value, tf.sub(kept, tf.mul(direction, learningRate * scale)));
    },
  };
}

/** A matrix with the same singular vectors and singular values near 1 (about 0.7 to 1.2). */
export function orthogonalise(matrix: tf.Tensor2D): tf.Tensor2D {
  const [a, b, c] = COEFFICIENTS;
  const isTall = matrix.shape[0] > matrix.shape[1];
  const wide = isTall ? tf.transpose(matrix) : matrix;
  let x: tf.Tensor2D = tf.div(wide, tf.maximum(tf.sqrt(tf.sum(tf.square(wide))), SMALLEST_NORM));
  for (let i = 0; i < ITERATIONS; i++) {
    const gram: tf.Tensor2D = tf.matMul(x, x, false, true);
    const update: tf.Tensor2D = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c));
    x = tf.add(tf.mul(x, a), tf.matMul(update, x));
  }
  return isTall ? tf.transpose(x) : x;
}

export interface MuonWithAdamWOptions extends MuonOptions {
  adamW?: { beta1?: number; beta2?: number; epsilon?: number; weightDecay?: number };
}

/** Muon for the matrices of the blocks, AdamW for the rest, as one optimizer with one learning rate. */
export function createMuonWithAdamW(parameters: readonly Parameter[], options: MuonWithAdamWOptions = {}): Optimizer {
  const { adamW, ...own } = options;
  const isMatrix = ({ name, variable }: Parameter) => variable.rank === 2 && !/embed_tokens|lm_head/.test(name);
  return combineOptimizers([
    { optimizer: createRuleOptimizer(parameters.filter(isMatrix), muon({ adjustment: 'match_rms_adamw', ...own })) },
    {
      optimizer: createAdamW(
        parameters.filter((parameter) => !isMatrix(parameter)),
        adamW,
      ),
    },
  ]);
}
