// Repetition penalty of CTRL (Keskar et al. 2019, arXiv 1909.05858), as transformers applies it: a logit of an id that was seen
// is divided by the penalty where positive and multiplied where negative. Plain tfjs ops; no gradient is meant.
import { TensorError } from '../errors.ts';
import { expectPositive, expectShape } from '../expect.ts';
import { tf } from '../tfjs.ts';

/**
 * @param logits [M, V]
 * @param seen bool [M, V], the ids of each row's prompt and completion so far
 * @param penalty above 1 discourages what was seen; 1 changes nothing
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION
 */
export function penaliseRepetition(logits: tf.Tensor2D, seen: tf.Tensor2D, penalty: number): tf.Tensor2D {
  expectShape('penaliseRepetition', 'logits', logits, [-1, -1], '[M, V]');
  expectShape('penaliseRepetition', 'seen', seen, logits.shape, '[M, V]');
  expectPositive('penaliseRepetition', 'penalty', penalty);
  if (seen.dtype !== 'bool')
    throw new TensorError('TW_TENSORS_DTYPE', `penaliseRepetition: seen is ${seen.dtype}, expected bool`);
  return tf.tidy(() => {
    const penalised = tf.where(tf.greater(logits, 0), tf.div(logits, penalty), tf.mul(logits, penalty));
    return tf.where(seen, penalised, logits) as tf.Tensor2D;
  });
}
