// `thinkwright eval <model> --task <name>`: the figures of a quickstart's result, for any model.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '../errors.ts';
import { watchInterrupt } from '../interrupt.ts';
import { type OpenOptions, openForAnswers, progressLine } from '../open.ts';
import { createOutput, type OutputOptions } from '../output.ts';
import { comparisonLines } from '../terminal/comparison.ts';

export interface EvalCommandOptions extends OutputOptions, OpenOptions {
  task: string;
  data?: string;
  limit?: number;
  samples?: number;
  temperature?: number;
  maxTokens?: number;
  modes?: string;
  seed?: number;
}

export async function evaluateModel(model: string, options: EvalCommandOptions): Promise<number> {
  const output = createOutput(options);
  const { nearestName } = await import('@thinkwright/recipes');
  const task = taskOf(options, nearestName, (await import('@thinkwright/evals')).TASK_NAMES);
  const stages = await import('@thinkwright/recipes/stages');
  const interrupt = watchInterrupt(() => output.note('stopping…'), { grace: 2_000 });
  const line = progressLine(output);
  const started = performance.now();
  try {
    const wanted = optionsOf(options, stages.evaluationOptionsSchema);
    const opened = await openForAnswers(model, output, { ...options, signal: interrupt.signal });
    const evaluation = await stages.evaluateModel({
      ...opened,
      task,
      options: wanted,
      signal: interrupt.signal,
      onProgress: ({ done, total, mode, kind }) => line.show(`${mode}, ${kind}: ${done} of ${total} completions`),
    });
    line.clear();
    opened.model.dispose();
    const { think, noThink, problems: count, samplesPerProblem, samples: shown } = evaluation;
    const seconds = Math.round(performance.now() - started) / 1000;
    output.say(
      `${output.colors.bold(model)} on ${evaluation.task}: ${count} problems, ${samplesPerProblem} samples each`,
    );
    for (const each of comparisonLines(undefined, { think, noThink }, samplesPerProblem, output.colors))
      output.say(each);
    output.say(`  ${output.colors.dim(`${seconds.toFixed(1)} s on ${opened.device.description}`)}`);
    output.result({
      model: existsSync(model) ? resolve(model) : model,
      task: evaluation.task,
      problems: count,
      samplesPerProblem,
      think,
      noThink,
      samples: shown,
      seconds,
      device: opened.device,
      storage: options.storage,
      numerics: options.numerics,
      keyValueCache: options.keyValueCache,
    });
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.status();
    throw error;
  } finally {
    line.clear();
    interrupt.dispose();
  }
}

function taskOf(
  { task, data }: EvalCommandOptions,
  nearestName: (name: string, known: Iterable<string>) => string | undefined,
  known: readonly string[],
) {
  if (!known.includes(task)) {
    const nearest = nearestName(task, known);
    throw new CliError(
      'TW_CLI_USAGE',
      `there is no task "${task}". ${nearest ? `Did you mean "${nearest}"? ` : ''}Known: ${known.join(', ')}.`,
    );
  }
  if (data !== undefined && task !== 'gsm8k')
    throw new CliError('TW_CLI_USAGE', `the task ${task} makes its own problems; --data is for gsm8k.`);
  if (task === 'gsm8k' && data === undefined)
    throw new CliError(
      'TW_CLI_MISSING_OPTION',
      'the task gsm8k reads its problems from a file: give --data with the GSM8K test rows (.jsonl).',
    );
  return { name: task, options: data === undefined ? {} : { file: data } };
}

function optionsOf<T>(
  { modes, temperature, maxTokens, seed, samples, limit: problems }: EvalCommandOptions,
  schema: { safeParse(options: unknown): { success: true; data: T } | { success: false; error: Issues } },
): T {
  const parsed = schema.safeParse({ modes: modesOf(modes), temperature, maxTokens, seed, samples, problems });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CliError('TW_CLI_USAGE', `the option for ${String(issue?.path[0])} cannot be used: ${issue?.message}.`);
}

interface Issues {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}

function modesOf(text: string | undefined): string[] | undefined {
  const modes = text?.split(',').map((mode) => mode.trim().replace('-', '_'));
  for (const mode of modes ?? [])
    if (mode !== 'think' && mode !== 'no_think')
      throw new CliError('TW_CLI_USAGE', `--modes ${text}: expected think, no_think, or think,no_think.`);
  return modes;
}
