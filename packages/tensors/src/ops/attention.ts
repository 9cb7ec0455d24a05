// Causal self-attention with grouped queries over a packed batch: block-diagonal, each sequence sees only itself, and a row all of the
// past or, with a sliding window (Beltagy et al. 2020, arXiv 2004.05150), the last positions of it.
// Kernels: TwAttention { qkv, offsets } attrs { headCount, keyValueHeadCount, headDimension, scale, window (0: none), maxLength }
// → [out [T, H*D], logSumExp [T, H]]; TwAttentionGrad { dy, qkv, out, logSumExp, offsets } → dqkv.
import { TensorError } from '../errors.ts';
import { expectCount, expectShape } from '../expect.ts';
import type { SequenceLayout } from '../layout.ts';
import { hasKernel, record, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { type AttentionHeads, attend, scaleOf } from './attend.ts';

/**
 * Causal block-diagonal attention.
 * @param qkv [T, (H + 2K) D]: query heads, then key heads, then value heads
 * @param layout where the sequences begin; its total is T
 * @returns [T, H * D]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function attention(qkv: tf.Tensor2D, layout: SequenceLayout, heads: AttentionHeads): tf.Tensor2D {
  expectHeads('attention', qkv, heads);
  if (qkv.shape[0] !== layout.total) {
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `attention: qkv has ${qkv.shape[0]} rows, the layout has ${layout.total}; build both from the same lengths`,
    );
  }
  if (!hasKernel('TwAttention')) return attentionComposite(qkv, layout, heads);
  const { headCount, keyValueHeadCount, headDimension } = heads;
  const attributes = {
    headCount,
    keyValueHeadCount,
    headDimension,
    scale: scaleOf(heads),
    window: heads.window ?? 0,
    maxLength: layout.maxLength,
  };
  const { offsets } = layout;
  return record<tf.Tensor2D>({
    inputs: { qkv },
    forward(save) {
      const [out, logSumExp] = runKernel<[tf.Tensor2D, tf.Tensor2D]>('TwAttention', { qkv, offsets }, attributes);
      save([qkv, out, logSumExp, offsets]);
      return out;
    },
    backward: (dy, [savedQkv, out, logSumExp, savedOffsets]) => ({
      qkv: () =>
        runKernel(
          'TwAttentionGrad',
          { dy, qkv: savedQkv!, out: out!, logSumExp: logSumExp!, offsets: savedOffsets! },
          attributes,
        ),
    }),
  });
}

/** The same in plain tfjs ops, one sequence after the other. */
export function attentionComposite(qkv: tf.Tensor2D, layout: SequenceLayout, heads: AttentionHeads): tf.Tensor2D {
  let row = 0;
  const outputs = layout.lengths.map((length) => {
    const [queries, keys, values] = splitHeads(tf.slice(qkv, [row, 0], [length, qkv.shape[1]]), heads);
    row += length;
    return attend(queries, keys, values, causalMask(length, heads.window), heads);
  });
  return outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 0);
}

/** [L, (H + 2K) D] as queries [L, H, D], keys [L, K, D] and values [L, K, D]. */
export function splitHeads(qkv: tf.Tensor2D, heads: AttentionHeads): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
  const { headCount, keyValueHeadCount, headDimension } = heads;
  const [rows] = qkv.shape;
  let column = 0;
  const take = (count: number): tf.Tensor3D => {
    const part = tf.slice(qkv, [0, column], [rows, count * headDimension]);
    column += count * headDimension;
    return tf.reshape(part, [rows, count, headDimension]);
  };
  return [take(headCount), take(keyValueHeadCount), take(keyValueHeadCount)];
}

/** Throws unless `qkv` has the columns that these heads need. */
export function expectHeads(op: string, qkv: tf.Tensor2D, heads: AttentionHeads): void {
  const { headCount, keyValueHeadCount, headDimension } = heads;
  expectCount(op, 'headCount', headCount);
  expectCount(op, 'keyValueHeadCount', keyValueHeadCount);
  expectCount(op, 'headDimension', headDimension);
  if (heads.window !== undefined) expectCount(op, 'window', heads.window);
  if (headCount % keyValueHeadCount !== 0) {
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `${op}: headCount is ${headCount}, expected a multiple of keyValueHeadCount ${keyValueHeadCount}`,
    );
  }
  expectShape(op, 'qkv', qkv, [-1, (headCount + 2 * keyValueHeadCount) * headDimension], '[T, (H + 2K) D]');
}

function causalMask(length: number, window = length): tf.Tensor2D {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) {
    mask.fill(Number.NEGATIVE_INFINITY, row * length, row * length + Math.max(0, row + 1 - window));
    mask.fill(Number.NEGATIVE_INFINITY, row * length + row + 1, (row + 1) * length);
  }
  return tf.tensor2d(mask, [length, length]);
}
