// llama.cpp rotates adjacent pairs of a head, Hugging Face pairs element j with j + D/2. Converting the weights once
// (convert_hf_to_gguf.py, `permute`) made the two agree; reading them back for half-split rotation undoes that.

import { CheckpointError } from '../errors.ts';

/**
 * Rows of each head from llama.cpp's order (0, D/2, 1, D/2+1, ...) to Hugging Face's (0, 1, 2, ...).
 * @param values [rows, columns] row major, [rows] for a bias, or the bytes of rows
 */
export function unpermuteHeads<Values extends Float32Array | Uint8Array>(
  values: Values,
  rows: number,
  headCount: number,
  name: string,
): Values {
  const headDimension = rows / headCount;
  if (!Number.isInteger(headDimension) || headDimension % 2 !== 0) {
    throw new CheckpointError(
      'TW_CHECKPOINTS_BAD_CONFIG',
      `tensor '${name}' has ${rows} rows, which ${headCount} heads cannot share in pairs. The metadata and the weights disagree.`,
    );
  }
  const columns = values.length / rows;
  const half = headDimension / 2;
  const result = values.slice() as Values;
  for (let row = 0; row < rows; row++) {
    const within = row % headDimension; // the row to fill, in Hugging Face order
    const source = row - within + 2 * (within % half) + (within < half ? 0 : 1);
    result.set(values.subarray(source * columns, (source + 1) * columns), row * columns);
  }
  return result;
}
