// Consecutive rows of a window, cut into micro-batches.

/** The last one may be shorter. */
export function microBatchesOf<Row>(rows: readonly Row[], size: number): Row[][] {
  const batches: Row[][] = [];
  for (let start = 0; start < rows.length; start += size) batches.push(rows.slice(start, start + size));
  return batches;
}
