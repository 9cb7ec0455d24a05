// What SwiGLU and GeGLU share: rows with gate and up side by side, and a kernel for the activation and one for its gradient.
import { TensorError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { recomputable, record, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';

/** Throws unless `gateUp` is [T, 2F]. */
export function expectGateUp(op: string, gateUp: tf.Tensor2D): void {
  expectShape(op, 'gateUp', gateUp, [-1, -1], '[T, 2F]');
  if (gateUp.shape[1] % 2 !== 0) {
    throw new TensorError('TW_TENSORS_SHAPE', `${op}: gateUp has ${gateUp.shape[1]} columns, expected an even number`);
  }
}

/** The tape node of an activation whose output `compute` gives; cheap to compute again. */
export function recordGatedUnit(
  kernelName: 'TwSwiglu' | 'TwGeglu',
  gateUp: tf.Tensor2D,
  compute: () => tf.Tensor2D,
): tf.Tensor2D {
  const output = record<tf.Tensor2D>({
    inputs: { x: gateUp },
    forward(save) {
      save([gateUp]);
      return compute();
    },
    backward: (dy, [x]) => ({ x: () => runKernel(`${kernelName}Grad`, { dy, x: x! }) }),
  });
  return recomputable(output, [gateUp], ([x]) => runKernel(kernelName, { x: x! }));
}

/** activation(gate) * up in plain tfjs ops. */
export function gatedUnitComposite(gateUp: tf.Tensor2D, activation: (gate: tf.Tensor2D) => tf.Tensor): tf.Tensor2D {
  const [rows, columns] = gateUp.shape;
  const gate = tf.slice(gateUp, [0, 0], [rows, columns / 2]);
  const up = tf.slice(gateUp, [0, columns / 2], [rows, columns / 2]);
  return tf.mul(activation(gate), up);
}
