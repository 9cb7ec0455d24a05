// Rows of exact lengths: in them a text of digits stands for as many tokens.

import type { ChatFormat } from '@thinkwright/chat';
import { arrayDataset, type Dataset } from '@thinkwright/datasets';
import type { MemoryPlanRequest } from './request.ts';

const PLANNED_TOKEN = 1; // any id that every vocabulary has

export const plannedTokens = (count: number): Int32Array => new Int32Array(count).fill(PLANNED_TOKEN);

/** A format of texts that are lengths, whose replies do not end by themselves. */
export function plannedFormat(): ChatFormat {
  const encode = (text: string) => plannedTokens(/^\d+$/.test(text) ? Number(text) : 1);
  const names = { special: {}, vocabularySize: PLANNED_TOKEN + 1 }; // what the pre-flight asks for
  const tokenizer = { encode, decode: () => '', ...names };
  return { tokenizer, stopIds: [], marks: { open: '<think>', close: '</think>' }, files: {} } as unknown as ChatFormat;
}

/** As many equal rows as a window takes. */
export function plannedDataset<Row>({ options = {} }: MemoryPlanRequest, row: Row): Dataset<Row> {
  const { perDeviceTrainBatchSize: batch = 8, gradientAccumulationSteps: accumulation = 1 } = options;
  const count = Math.max(64, Number(batch) * Number(accumulation) || 0);
  const rows = Array.from({ length: count }, () => row);
  return arrayDataset('plan', rows);
}

const STEP_TOKENS = 32;

/** A solution of `completion` tokens in steps of a usual length, each with the one token of its separator. */
export function plannedSteps(completion: number): { completions: string[]; labels: boolean[] } {
  const count = Math.max(1, Math.floor(completion / STEP_TOKENS));
  const last = completion - (count - 1) * STEP_TOKENS;
  const lengths = Array.from({ length: count }, (_, step) => (step + 1 < count ? STEP_TOKENS : last));
  return { completions: lengths.map((length) => String(length - 1)), labels: lengths.map((_, step) => step % 2 === 0) };
}
