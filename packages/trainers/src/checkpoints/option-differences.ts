// Options that decide the numbers must be equal for an exact resume; those that only decide when to save or look may differ.

const HARMLESS = new Set(['saveSteps', 'saveTotalLimit', 'evalSteps', 'perDeviceEvalBatchSize']);

/** One line for each option that differs, such as `learningRate was 0.001, is 0.002`. */
export function optionDifferences(saved: Record<string, unknown>, current: Record<string, unknown>): string[] {
  const keys = new Set([...Object.keys(saved), ...Object.keys(current)]);
  const show = (value: unknown) => JSON.stringify(value) ?? 'not set';
  return [...keys]
    .filter((key) => !HARMLESS.has(key) && show(saved[key]) !== show(current[key]))
    .map((key) => `${key} was ${show(saved[key])}, is ${show(current[key])}`);
}
