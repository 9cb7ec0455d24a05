// The logits of the language-model head and their softmax: what every op of the head takes as options, how they are checked, and the same
// in plain ops for devices without a kernel.
import { expectPositive, expectShape } from '../expect.ts';
import { tf } from '../tfjs.ts';

export interface HeadOptions {
  /** Logits are divided by this; 1 when left out. */
  temperature?: number;
  /** [V], added to the logits before the scale. */
  bias?: tf.Tensor1D;
  /** Logits (with the bias) are multiplied by this before the cap (Cohere's models); 1 when left out. */
  logitScale?: number;
  /**
   * Logits become cap · tanh(logits / cap), after the scale and before the temperature (Gemma 2, arXiv 2408.00118; 30 there); no cap
   * when left out. Sampling needs `softcapLogits` for the same distribution.
   */
  finalLogitSoftcapping?: number;
}

/** cap · tanh(innerScale · logits) / temperature; without a cap it is 0 and the scale is part of the temperature. */
export interface LogitShape {
  temperature: number;
  innerScale: number;
  cap: number;
}

/**
 * Checks shapes and options.
 * @param hidden [N, C]
 * @param weight [V, C]
 */
export function logitShapeOf(
  op: string,
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  { temperature = 1, bias, logitScale = 1, finalLogitSoftcapping: cap }: HeadOptions,
): LogitShape {
  expectShape(op, 'hidden', hidden, [-1, -1], '[N, C]');
  expectShape(op, 'weight', weight, [-1, hidden.shape[1]], '[V, C]');
  expectPositive(op, 'temperature', temperature);
  expectPositive(op, 'logitScale', logitScale);
  if (cap !== undefined) expectCap(op, cap, logitScale);
  if (bias) expectShape(op, 'bias', bias, [weight.shape[0]], '[V]');
  return cap === undefined
    ? { temperature: temperature / logitScale, innerScale: 1, cap: 0 }
    : { temperature, innerScale: logitScale / cap, cap };
}

/**
 * Capped logits as `tokenLogProbs` computes them: sampling from `softcapLogits(linear(hidden, weight), cap)` gives the log-probs of
 * `tokenLogProbs` with that cap, bit for bit.
 * @param logits [M, V]
 * @param cap above 0
 * @param logitScale logits are multiplied by this before the cap
 * @returns cap · tanh(logitScale · logits / cap), [M, V]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function softcapLogits(logits: tf.Tensor2D, cap: number, logitScale = 1): tf.Tensor2D {
  expectShape('softcapLogits', 'logits', logits, [-1, -1], '[M, V]');
  expectPositive('softcapLogits', 'logitScale', logitScale);
  expectCap('softcapLogits', cap, logitScale);
  return tf.mul(tf.tanh(tf.mul(logits, logitScale / cap)), cap);
}

/** Devices compute in float32, where a cap or its inverse may round to 0 or infinity. */
function expectCap(op: string, cap: number, logitScale: number): void {
  expectPositive(op, 'finalLogitSoftcapping', Math.fround(cap));
  expectPositive(op, 'logitScale / finalLogitSoftcapping', Math.fround(logitScale / cap));
}

/** Log-probs of all tokens, all rows at once, in plain ops. [N, V] */
export function headLogSoftmax(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  { temperature = 1, bias, logitScale = 1, finalLogitSoftcapping: cap }: HeadOptions,
): tf.Tensor2D {
  const logits = tf.matMul<tf.Tensor2D>(hidden, weight, false, true);
  const biased = bias ? tf.add<tf.Tensor2D>(logits, bias) : logits;
  if (cap === undefined) return logSoftmaxRows(biased, temperature / logitScale);
  return logSoftmaxRows(softcapLogits(biased, cap, logitScale), temperature);
}

/** log softmax(logits / temperature) of each row, the same ops for training and for sampling. [M, V] */
export function logSoftmaxRows(logits: tf.Tensor2D, temperature: number): tf.Tensor2D {
  return tf.logSoftmax(temperature === 1 ? logits : tf.div(logits, temperature));
}
