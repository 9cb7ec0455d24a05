// How many tokens the micro-batches to come may have, judged by the rows of the first window.

/** @param items the sequences of each. @returns tokens of a micro-batch whose items are all as long as the longest of these. */
export function plannedTokens(
  items: readonly (readonly { ids: ArrayLike<number> }[])[],
  perDeviceTrainBatchSize: number,
): number {
  const longest = Math.max(0, ...items.map((sequences) => sequences.reduce((sum, { ids }) => sum + ids.length, 0)));
  return Math.min(perDeviceTrainBatchSize, items.length) * longest;
}
