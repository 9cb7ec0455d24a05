// Metrics of a generation for each mode apart: `think/reward`, `no_think/completions/mean_length`, ... A dual-mode model that improves
// in one mode and rots in the other looks well in the mean.

import type { RolloutRecord } from '../trainer.ts';

/** Nothing when all records have one mode: the plain metrics say it then. */
export function modeMetrics(records: readonly RolloutRecord[]): Record<string, number> {
  const modes = [...new Set(records.map(({ mode }) => mode))].sort();
  if (modes.length < 2) return {};
  return Object.fromEntries(
    modes.flatMap((mode) => {
      const own = records.filter((record) => record.mode === mode);
      const rewards = own.flatMap(({ reward }) => (reward === null ? [] : [reward]));
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
      return [
        [`${mode}/reward`, mean(rewards)],
        [`${mode}/unscored`, own.length - rewards.length],
        [`${mode}/completions/mean_length`, mean(own.map(({ tokens }) => tokens))],
        [`${mode}/completions/clipped_ratio`, mean(own.map(({ finish }) => Number(finish === 'length')))],
      ];
    }),
  );
}
