// New contents for a tensor in the memory it has, for the inputs of a captured graph, which are read by address.
import { TensorError } from './errors.ts';
import { tf } from './tfjs.ts';

/** A backend that can do so; the native one writes in stream order. */
interface OverwritingBackend extends tf.KernelBackend {
  overwrite?(dataId: tf.DataId, values: Int32Array | Float32Array | Uint8Array): void;
}

/**
 * Replaces the tensor's values in place. Tensors that share its memory (clones, reshapes) change with it.
 * @throws TensorError TW_TENSORS_SHAPE for another number of values; TW_TENSORS_OPTION when the device cannot do it
 */
export function overwrite(tensor: tf.Tensor, values: Int32Array | Float32Array | Uint8Array): void {
  if (values.length !== tensor.size) {
    throw new TensorError('TW_TENSORS_SHAPE', `overwrite: ${values.length} values for a tensor of ${tensor.size}`);
  }
  const backend = tf.backend() as OverwritingBackend;
  if (!backend.overwrite) {
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `overwrite: the '${tf.getBackend()}' device cannot replace values in place; make a new tensor instead`,
    );
  }
  backend.overwrite(tensor.dataId, values);
}
