// Checks the gradient of a whole optimizer window against central differences of its loss, along random directions through all
// parameters at once. For SGD without momentum the update at learning rate 1 is the gradient.

import { assignValues, type Parameter, tf, uniform } from '@thinkwright/tensors';

/** SGD that subtracts the gradient itself. */
export const PLAIN_SGD = {
  optim: 'sgd' as const,
  adamBeta1: 0,
  adamBeta2: 0,
  adamEpsilon: 0,
  weightDecay: 0,
  maxGradNorm: 0,
};

/**
 * @param learn one window with PLAIN_SGD at learning rate 1; returns its loss. The parameters are put back afterwards.
 * @returns the largest difference between slope and gradient, relative to the slope, over `directions` directions.
 */
export async function gradientDeviation(
  parameters: readonly Parameter[],
  learn: () => Promise<number>,
  { directions = 4, step = 2e-3 }: { directions?: number; step?: number } = {},
): Promise<number> {
  const read = () => Promise.all(parameters.map(async ({ variable }) => Float64Array.from(await variable.data())));
  const write = (values: readonly Float64Array[]) => {
    for (const [i, { variable }] of parameters.entries())
      tf.tidy(() => assignValues(variable, tf.tensor(Float32Array.from(values[i]!), variable.shape)));
  };
  const start = await read();
  await learn();
  const moved = await read();
  const gradient = start.map((values, i) => values.map((value, j) => value - moved[i]![j]!));
  let largest = 0;
  for (let direction = 0; direction < directions; direction++) {
    // half of it along the gradient, so that the slope does not drown in rounding
    const length = Math.sqrt(gradient.reduce((sum, values) => sum + values.reduce((s, g) => s + g * g, 0), 0));
    const along = gradient.map((values, i) =>
      values.map((g, j) => g / length + (uniform(7, direction, i, j) - 0.5) * 0.05),
    );
    const lossAt = async (size: number) => {
      write(start.map((values, i) => values.map((value, j) => value + size * along[i]![j]!)));
      return learn();
    };
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    const expected = gradient.reduce((sum, values, i) => sum + values.reduce((s, g, j) => s + g * along[i]![j]!, 0), 0);
    largest = Math.max(largest, Math.abs(slope / expected - 1));
  }
  write(start);
  return largest;
}
