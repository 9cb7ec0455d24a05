// Runs a recipe: stages in order, each in a folder named by what its result depends on. A finished stage is not run again, a killed
// one goes on from its last checkpoint. Leaves out: parallel stages, remote machines.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { RecipeError } from '../errors.ts';
import { camelCase, snakeCase } from '../manifest/key-names.ts';
import type { Recipe } from '../manifest/load-recipe.ts';
import { writeReport } from '../report/write-report.ts';
import type { RunMachine, StageContext, StageExecutors } from '../stages/executor.ts';
import type { RunEvent, StageOutcome, StagePlan } from './events.ts';
import { planIn, planRun, trains } from './plan.ts';
import { buildResult, type RunResult } from './result.ts';
import { type FolderPolicy, markFinished, openRunFolder } from './run-folder.ts';
import { StageFolder } from './stage-folder.ts';
import { appendLine, writeJson, writeWhole } from './storage.ts';

export interface RunRecipeOptions {
  /** Run folder; default `runs/<recipe name>` under the working directory. */
  folder?: string;
  /** What to do about an earlier run in that folder. Default: continue an unfinished run of the same recipe, move others aside. */
  policy?: FolderPolicy;
  /** Aborting finishes the running step, saves, and resolves with status `aborted`. */
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
  /** Replaces what stages do (tests, own stage kinds). */
  executors?: StageExecutors;
  machine?: RunMachine;
}

export interface RunSummary {
  status: 'finished' | 'aborted';
  folder: string;
  result?: RunResult;
  resultFile?: string;
  reportFile?: string;
}

/** @throws RecipeError for bad options (before anything is written), storage trouble, or a gate with `otherwise: stop`. */
export async function runRecipe(recipe: Recipe, options: RunRecipeOptions = {}): Promise<RunSummary> {
  const signal = options.signal ?? new AbortController().signal;
  const real = options.executors && options.machine ? undefined : await import('../stages/index.ts');
  const executors = options.executors ?? real!.stageExecutors;
  const machine = options.machine ?? real!.machine;
  await checkRecipe(recipe, executors);
  const device = await machine.prepare(recipe, signal);
  const plan = await planRun(recipe, executors, { versions: machine.versions(), device: device.name });
  const opened = openRunFolder(options.folder ?? join('runs', recipe.name), plan.address, options.policy);
  const { folder } = opened;
  const emit = (event: RunEvent) => {
    logEvent(folder, event);
    options.onEvent?.(event);
  };
  try {
    const stages = planIn(folder, plan);
    writeWhole(join(folder, 'run.yaml'), describeRun(recipe, stages));
    const { name, title, seed, method } = recipe;
    emit({ type: 'run-start', folder, recipe: name, title, seed, method, device: device.description, stages });
    if (opened.movedTo)
      emit(
        warning(
          stages[0]!.name,
          'TW_RECIPES_MOVED_ASIDE',
          `An earlier run was in the way; it is now in ${opened.movedTo}.`,
        ),
      );
    if (opened.resumed) explainChanges(folder, stages, emit);

    const outcomes = new Map<string, StageOutcome>();
    const models = new Map<string, string>();
    let input: string | undefined;
    for (const [index, stage] of stages.entries()) {
      const outcome = await runStage(recipe, stages, index, { input, models }, executors, signal, emit);
      if (!outcome) {
        emit({ type: 'run-end', status: 'aborted', folder, stage: stage.name });
        return { status: 'aborted', folder };
      }
      outcomes.set(stage.name, outcome);
      if (outcome.checkpoint) models.set(stage.name, outcome.checkpoint);
      if (trains(stage.kind)) input = outcome.checkpoint ?? input;
      if (outcome.gate && !outcome.gate.passed) refuseOrWarn(recipe, index, outcome, emit);
    }
    const checkpoint = input ?? [...outcomes.values()].findLast((outcome) => outcome.checkpoint)?.checkpoint;
    const result = buildResult(recipe, stages, outcomes, { checkpoint, device, versions: machine.versions() });
    const resultFile = join(folder, 'result.json');
    writeJson(resultFile, result);
    const reportFile = writeReport(folder, recipe, stages, result);
    markFinished(folder);
    emit({ type: 'run-end', status: 'finished', folder, resultFile, reportFile });
    return { status: 'finished', folder, result, resultFile, reportFile };
  } finally {
    opened.release();
  }
}

/** Checks every stage's options against what will run it, without running anything. */
export async function checkRecipe(recipe: Recipe, executors?: StageExecutors): Promise<void> {
  const all = executors ?? (await import('../stages/index.ts')).stageExecutors;
  for (const [index, stage] of recipe.stages.entries()) {
    await all[stage.kind].check?.({ recipe, stage, textIndex: recipe.stageIndexes[index]! });
  }
}

async function runStage(
  recipe: Recipe,
  stages: StagePlan[],
  index: number,
  before: Pick<StageContext, 'input' | 'models'>,
  executors: StageExecutors,
  signal: AbortSignal,
  emit: (event: RunEvent) => void,
): Promise<StageOutcome | undefined> {
  const plan = stages[index]!;
  const stage = recipe.stages[index]!;
  const { name, kind } = plan;
  const folder = new StageFolder(plan.folder);
  const done = folder.outcome();
  if (done && (!done.checkpoint || existsSync(done.checkpoint))) {
    emit({ type: 'stage-reused', stage: name, kind, index, count: stages.length, outcome: done });
    return done;
  }
  if (signal.aborted) return undefined;
  folder.prepare();
  const executor = executors[kind];
  emit({
    type: 'stage-start',
    stage: name,
    kind,
    index,
    count: stages.length,
    resumed: folder.started(),
    totalSteps: executor.totalSteps?.(stage),
  });
  const announce = () => emit({ type: 'stopping', stage: name });
  signal.addEventListener('abort', announce, { once: true });
  const started = performance.now();
  try {
    const outcome = await executor.run({
      recipe,
      stage,
      textIndex: recipe.stageIndexes[index]!,
      folder,
      ...before,
      signal,
      emit(event) {
        if (event.type === 'step') folder.record(event);
        else if (event.type === 'rollout') folder.recordRollouts(event.step, event.records);
        else if (event.type === 'measured') folder.recordMeasured(event, executor.totalSteps?.(stage) ?? event.step);
        emit({ stage: name, ...event });
      },
    });
    if (!outcome) return undefined;
    const finished = { ...outcome, seconds: outcome.seconds ?? (performance.now() - started) / 1000 };
    folder.finish(finished);
    emit({ type: 'stage-end', stage: name, kind, index, outcome: finished });
    return finished;
  } finally {
    signal.removeEventListener('abort', announce);
  }
}

const warning = (stage: string, code: string, message: string): RunEvent => ({ type: 'warning', stage, code, message });

function refuseOrWarn(recipe: Recipe, index: number, outcome: StageOutcome, emit: (event: RunEvent) => void): void {
  const gate = outcome.gate!;
  const stage = recipe.stages[index]!;
  const message =
    `stage "${stage.name}" did not reach ${snakeCase(gate.metric)} >= ${gate.atLeast}: it stands at ${gate.value.toFixed(3)} after ${outcome.steps} steps ` +
    `(${gate.extraSteps} more than planned). What follows will be weaker. Raise ${stage.name}.gate.train_on or ${stage.name}.max_steps, or try another seed.`;
  if (stage.gate?.otherwise === 'stop') throw new RecipeError('TW_RECIPES_GATE', message);
  emit(warning(stage.name, 'TW_RECIPES_GATE', message));
}

/** Says which stages have older results beside the ones that this manifest asks for. */
function explainChanges(folder: string, stages: StagePlan[], emit: (event: RunEvent) => void): void {
  const changed = stages.filter((stage) => stage.state === 'new' && hasOtherVersion(folder, stage));
  if (changed.length === 0) return;
  const names = changed.map((stage) => `"${stage.name}"`).join(', ');
  emit(
    warning(
      changed[0]!.name,
      'TW_RECIPES_CHANGED',
      `The recipe (or the software) changed since this run began: ${names} will be run anew. Earlier results stay in ${join(folder, 'stages')}.`,
    ),
  );
}

function hasOtherVersion(folder: string, stage: StagePlan): boolean {
  const prefix = stage.folder.slice(join(folder, 'stages').length + 1).replace(/[0-9a-f]{6}$/, '');
  return listFolders(join(folder, 'stages')).some(
    (name) => name.startsWith(prefix) && join(folder, 'stages', name) !== stage.folder,
  );
}

/** events.jsonl holds the story of the run; the figures of every step are in the stages' own files. */
function logEvent(folder: string, event: RunEvent): void {
  if (
    event.type === 'step' ||
    event.type === 'rollout' ||
    event.type === 'measured' ||
    event.type === 'progress' ||
    event.type === 'sample'
  )
    return;
  appendLine(join(folder, 'events.jsonl'), { time: new Date().toISOString(), ...event });
}

function describeRun(recipe: Recipe, stages: StagePlan[]): string {
  const { source: _source, stageIndexes: _indexes, file: _file, ...manifest } = recipe;
  const snake = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(snake)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(camelCase(key)), snake(inner)]))
        : value;
  const places = stages.map((stage) => `#   ${stage.name}: ${stage.hash}`).join('\n');
  return `# What was run, with every override and default filled in. It is a recipe itself: thinkwright run run.yaml\n# Content addresses of the stages:\n${places}\n${stringify(snake(manifest))}`;
}

const listFolders = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
