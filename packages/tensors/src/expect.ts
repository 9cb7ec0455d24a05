// Shape and dtype checks of the fused ops: one comparison each when all is well, a full sentence when not.
import { TensorError } from './errors.ts';
import type { tf } from './tfjs.ts';

/** Throws unless `tensor` has this shape; -1 matches any size. `name` is the argument's name in the op's signature. */
export function expectShape(op: string, name: string, tensor: tf.Tensor, shape: readonly number[], axes: string): void {
  const found = tensor?.shape;
  if (found === undefined) {
    throw new TensorError('TW_TENSORS_SHAPE', `${op}: ${name} must be a tensor ${axes}, found ${typeof tensor}`);
  }
  let matches = found.length === shape.length;
  for (let axis = 0; matches && axis < shape.length; axis++) {
    matches = shape[axis] === -1 || shape[axis] === found[axis];
  }
  if (!matches) {
    const expected = shape.map((size) => (size === -1 ? 'any' : size)).join(', ');
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `${op}: ${name} has shape [${found.join(', ')}], expected ${axes} = [${expected}]`,
    );
  }
  if (tensor.isDisposed) {
    throw new TensorError(
      'TW_TENSORS_DISPOSED',
      `${op}: ${name} was disposed; keep it alive (tf.keep) until its last use`,
    );
  }
}

/** Throws unless `tensor` is int32 of this shape. */
export function expectIndices(op: string, name: string, tensor: tf.Tensor, ...shape: number[]): void {
  expectShape(op, name, tensor, shape, shape.length === 1 ? '[rows]' : '[rows, columns]');
  if (tensor.dtype !== 'int32') {
    throw new TensorError(
      'TW_TENSORS_DTYPE',
      `${op}: ${name} is ${tensor.dtype}, expected int32; make it with tf.tensor1d(values, 'int32')`,
    );
  }
}

/** Throws unless `value` is a positive integer. */
export function expectCount(op: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new TensorError('TW_TENSORS_OPTION', `${op}: ${name} is ${value}, expected a positive integer`);
  }
}

/** Throws unless `value` is a finite number greater than zero. */
export function expectPositive(op: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new TensorError('TW_TENSORS_OPTION', `${op}: ${name} is ${value}, expected a finite number above 0`);
  }
}
