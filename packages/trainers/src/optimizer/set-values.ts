// New values for a trained variable from the host, in the memory it has where the device can: captured graphs of an engine read
// weights by address.

import { assignValues, overwrite, tf } from '@thinkwright/tensors';

export function setValues(variable: tf.Variable, values: Float32Array): void {
  if ('overwrite' in tf.backend()) overwrite(variable, values);
  else tf.tidy(() => assignValues(variable, tf.tensor(values, variable.shape)));
}
