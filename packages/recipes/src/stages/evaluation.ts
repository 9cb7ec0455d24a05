// An evaluation's report in the figures that results, tables and the terminal show.

import {
  type EvalReport,
  type EvaluateProgress,
  evaluate,
  type SampleRecord as JudgedSample,
  loadTask,
} from '@thinkwright/evals';
import { createEngine } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { z } from 'zod';
import type { EvaluationResult, ModeFigures, SampleRecord } from '../run/events.ts';
import type { OpenedModel } from './open-model.ts';
import { decodeWith } from './tasks.ts';

export const evaluationOptionsSchema = z.strictObject({
  /** Which ways of answering to measure. */
  modes: z
    .array(z.enum(['think', 'no_think']))
    .min(1)
    .default(['think', 'no_think']),
  /** Samples of each problem, beside the greedy one. */
  samples: z.int().min(0).default(8),
  problems: z.int().positive().optional(),
  temperature: z.number().positive().optional(),
  topP: z.number().positive().max(1).optional(),
  maxTokens: z.int().positive().optional(),
  seed: z.int().min(0).default(777),
  /** Completions kept to show. */
  shown: z.int().min(0).default(8),
});
export type EvaluationOptions = z.output<typeof evaluationOptionsSchema>;

export interface EvaluateModelRequest extends OpenedModel {
  task: { name: string; options: Record<string, unknown> };
  options: EvaluationOptions;
  /** Asks another engine, a search say, in place of the model's own, which it is given. */
  searchWith?: (engine: RolloutEngine) => RolloutEngine;
  signal?: AbortSignal;
  onProgress?: (progress: EvaluateProgress) => void;
}

/** Evaluates an opened model on a task by name. The same weights and options give the same figures, wherever they are asked. */
export async function evaluateModel({
  model,
  format,
  task,
  options,
  searchWith = (engine) => engine,
  signal,
  onProgress,
}: EvaluateModelRequest): Promise<EvaluationResult> {
  const { modes, samples, problems, temperature, topP, maxTokens, seed, shown } = options;
  const loaded = await loadTask(task.name, { ...task.options, ...(problems !== undefined && { limit: problems }) });
  const engine = createEngine(model, { decode: decodeWith({ tokenizer: format.tokenizer }) });
  try {
    const sampling = { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { topP }) };
    const report = await evaluate({
      engine: searchWith(engine),
      format,
      task: loaded,
      modes,
      samples,
      sampling,
      maxTokens,
      seed,
      signal,
      onProgress,
    });
    const prompts = new Map(loaded.problems.map(({ id, row }) => [id, lastMessage(row.prompt)]));
    return evaluationOf(report, prompts, shown);
  } finally {
    await engine.close();
  }
}

const lastMessage = (prompt: string | readonly { content: string }[]): string =>
  typeof prompt === 'string' ? prompt : (prompt.at(-1)?.content ?? '');

/** The figures of an evals report. `prompts`: what a person reads as the problem of an id. */
export function evaluationOf(
  report: EvalReport,
  prompts: ReadonlyMap<string, string>,
  shown: number,
): EvaluationResult {
  const { think, no_think: noThink } = report.modes;
  return {
    task: report.task,
    problems: report.problems,
    samplesPerProblem: report.samples,
    think: think && figuresOf(think, report.samples),
    noThink: noThink && figuresOf(noThink, report.samples),
    samples: shownSamples(report.records, prompts, shown),
  };
}

type Kinds = NonNullable<EvalReport['modes']['think']>;

function figuresOf({ greedy, sampled }: Kinds, samples: number): ModeFigures {
  const style = sampled ?? greedy;
  const rates = {
    greedy: greedy?.passAt1,
    sampled: sampled?.passAt1,
    passAt8: sampled?.passAt[String(samples)],
    majAt8: sampled?.majority,
    format: style?.format,
    obeyed: style?.obeyed,
    truncated: style?.truncated,
  };
  const measured = Object.entries(rates).flatMap(([key, estimate]) => (estimate ? [[key, estimate] as const] : []));
  const value = (key: keyof typeof rates) => rates[key]?.value ?? null;
  return {
    greedy: value('greedy'),
    sampled: value('sampled'),
    passAt8: value('passAt8'),
    majAt8: value('majAt8'),
    format: value('format'),
    obeyed: value('obeyed'),
    truncated: value('truncated'),
    tokens: style?.thinkTokens ?? null,
    operationsPerLine: style?.diagnostics.operationsPerLine ?? null,
    copiedRight: style?.diagnostics.copiedRight ?? null,
    byGroup: style?.byGroup,
    intervals: Object.fromEntries(measured.map(([key, { low, high }]) => [key, [low, high]])),
  };
}

/** The first problems, each once in every mode, greedy where there is one; thinking first. */
function shownSamples(
  records: readonly JudgedSample[],
  prompts: ReadonlyMap<string, string>,
  most: number,
): SampleRecord[] {
  const kind = records.some((record) => record.kind === 'greedy') ? 'greedy' : 'sampled';
  const first = records.filter((record) => record.kind === kind && record.sample === 0);
  const thinking = first.filter((record) => record.mode === 'think');
  const direct = first.filter((record) => record.mode === 'no_think');
  const chosen =
    thinking.length > 0 ? [...thinking.slice(0, Math.max(1, most - 2)), ...direct.slice(0, 2)] : direct.slice(0, most);
  return chosen.slice(0, most).map(({ problem, mode, text, answer, gold, correct }) => ({
    prompt: prompts.get(problem) ?? problem,
    mode,
    text,
    answer,
    expected: gold,
    correct,
  }));
}
