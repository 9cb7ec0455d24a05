// Gated activation (Shazeer 2020): silu(gate) * up, silu(z) = z / (1 + exp(-z)). Gate and up lie side by side.
// Kernels: TwSwiglu { x } → [T, F]; TwSwigluGrad { dy, x } → [T, 2F].
import { TensorError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { hasKernel, recomputable, record, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';

/**
 * silu(gate) * up.
 * @param gateUp [T, 2F]: gate in the first F columns, up in the last F
 * @returns [T, F]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function swiglu(gateUp: tf.Tensor2D): tf.Tensor2D {
  expectShape('swiglu', 'gateUp', gateUp, [-1, -1], '[T, 2F]');
  if (gateUp.shape[1] % 2 !== 0) {
    throw new TensorError('TW_TENSORS_SHAPE', `swiglu: gateUp has ${gateUp.shape[1]} columns, expected an even number`);
  }
  if (!hasKernel('TwSwiglu')) return swigluComposite(gateUp);
  return recordSwiglu(gateUp, () => runKernel('TwSwiglu', { x: gateUp }));
}

/** The tape node of a swiglu whose output `compute` gives. */
export function recordSwiglu(gateUp: tf.Tensor2D, compute: () => tf.Tensor2D): tf.Tensor2D {
  const output = record<tf.Tensor2D>({
    inputs: { x: gateUp },
    forward(save) {
      save([gateUp]);
      return compute();
    },
    backward: (dy, [x]) => ({ x: () => runKernel('TwSwigluGrad', { dy, x: x! }) }),
  });
  return recomputable(output, [gateUp], ([x]) => runKernel('TwSwiglu', { x: x! }));
}

/** The same in plain tfjs ops. */
export function swigluComposite(gateUp: tf.Tensor2D): tf.Tensor2D {
  const [rows, columns] = gateUp.shape;
  const gate = tf.slice(gateUp, [0, 0], [rows, columns / 2]);
  const up = tf.slice(gateUp, [0, columns / 2], [rows, columns / 2]);
  return tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
}
