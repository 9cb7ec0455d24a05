// The port between the runner and what a stage does. The runner knows order, folders, gates' bookkeeping and resume; an executor
// knows models and trainers. Tests drive the runner with executors of their own.

import type { Recipe } from '../manifest/load-recipe.ts';
import type { StageKind, StageManifest } from '../manifest/schema.ts';
import type { StageEvent, StageOutcome } from '../run/events.ts';
import type { StageFolder } from '../run/stage-folder.ts';

export interface StageContext {
  recipe: Recipe;
  stage: StageManifest;
  /** Index of the stage in the manifest's text, for `recipe.source.where(['stages', textIndex, ...])`. */
  textIndex: number;
  folder: StageFolder;
  /** Model folder that the last training stage wrote; undefined before the first. */
  input: string | undefined;
  /** Model folders that the stages before left, by their names: reward models among them. */
  models: ReadonlyMap<string, string>;
  signal: AbortSignal;
  emit(event: StageEvent): void;
}

/** What an executor returns; undefined means: aborted, saved, and `--resume` will go on. The runner adds the seconds of work. */
export type ExecutorOutcome = Omit<StageOutcome, 'seconds'> & { seconds?: number };

export interface StageExecutor {
  /** Refuses impossible options before any stage runs. Throws RecipeError with file and line. */
  check?(context: Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>): void | Promise<void>;
  /** Planned optimizer steps, when the stage has them. */
  totalSteps?(stage: StageManifest): number | undefined;
  /** Whatever else the result depends on (a data file's hash, say): part of the content address. */
  fingerprint?(context: Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>): unknown | Promise<unknown>;
  run(context: StageContext): Promise<ExecutorOutcome | undefined>;
}

export type StageExecutors = Record<StageKind, StageExecutor>;

/** What the run as a whole needs to know about the machine; filled by the real executors, faked in tests. */
export interface RunMachine {
  /** Selects the device; called once, before the first stage that is not reused. */
  prepare(recipe: Recipe, signal: AbortSignal): Promise<{ name: string; description: string }>;
  versions(): Record<string, string>;
}
