// The count of a family: how many cases, how many within tolerance, how many that this version does not implement, and the largest
// deviation seen, in units of what the tolerance is stated in.

export interface ParityFamily {
  total: number;
  passed: number;
  skipped: number;
  /** Largest deviation of any number compared, relative to `max(1, |largest expected|)` unless the family says otherwise. */
  largestDeviation: number;
  /** What failed, worst first; empty when all is well. */
  failures: { id: string; what: string; deviation: number }[];
}

export interface Comparison {
  what: string;
  deviation: number;
  tolerance: number;
}

/** `check` returns the comparisons of a case, or undefined when the case is not implemented. */
export async function countFamily<Case extends { id: string }>(
  cases: readonly Case[],
  check: (item: Case) => Comparison[] | undefined | Promise<Comparison[] | undefined>,
): Promise<ParityFamily> {
  const family: ParityFamily = { total: cases.length, passed: 0, skipped: 0, largestDeviation: 0, failures: [] };
  for (const item of cases) {
    const comparisons = await check(item);
    if (comparisons === undefined) {
      family.skipped++;
      continue;
    }
    for (const { deviation } of comparisons) family.largestDeviation = Math.max(family.largestDeviation, deviation);
    const failed = comparisons.filter(({ deviation, tolerance }) => !(deviation <= tolerance));
    if (failed.length === 0) family.passed++;
    for (const { what, deviation } of failed) family.failures.push({ id: item.id, what, deviation });
  }
  family.failures.sort((a, b) => b.deviation - a.deviation);
  return family;
}

/** Largest |actual - expected|; NaN equals NaN. Infinity when the lengths differ. */
export function absoluteDeviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) continue;
    const gap = Math.abs(a - b);
    largest = Math.max(largest, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
  }
  return largest;
}

/** Largest difference relative to the largest entry of `expected`. */
export function relativeDeviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  return deviationAt(absoluteDeviation(actual, expected), scale);
}

/** A gap relative to a scale; where all that is compared with is 0, the gap itself. */
export const deviationAt = (gap: number, scale: number): number => gap / (scale === 0 ? 1 : scale);

/** float64 families: 1e-10 absolute plus 1e-10 relative, stated as the deviation beyond which a number fails. */
export function float64Deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const gap = absoluteDeviation([actual[i]!], [expected[i]!]);
    largest = Math.max(largest, gap / (1 + Math.abs(expected[i]!) || 1));
  }
  return largest;
}
