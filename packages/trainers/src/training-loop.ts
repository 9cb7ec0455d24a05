// The loop that every trainer stands in: steps until the last one wanted, abort, evaluation, checkpoints, the closing event.
// What a step does its trainer says, and it may yield events on the way.

import { setImmediate } from 'node:timers/promises';
import { type Finding, reportFindings } from './preflight/finding.ts';
import type { Trainer, TrainerEvent, TrainOptions, TrainSummary } from './trainer.ts';
import type { TrainingRun } from './training-run.ts';
import { SignalWatch } from './watching/learning-signal.ts';

export interface StepResult {
  metrics: Record<string, number>;
  /** Tokens that went through the model. */
  tokens: number;
  /** When the whole step is not what should be timed. */
  seconds?: number;
  /** Write a checkpoint after this step even if none is due. */
  saveAnyway?: boolean;
}

export interface StepContext {
  signal?: AbortSignal;
  untilStep: number;
  /** The first step of this call of `train()`: pre-flight checks that need rows are made on its own. */
  isFirst: boolean;
}

/** `exhausted`: the stream has no rows left; `aborted`: the signal fired before anything was learnt. */
export type TakeStep = (
  context: StepContext,
) => AsyncGenerator<TrainerEvent, StepResult | 'exhausted' | 'aborted', undefined>;

export interface LoopSettings {
  takeStep: TakeStep;
  /** Called when `train()` starts, after the checkpoint was read. */
  begin?(): void;
  /** What must hold before the first step of this call; an error ends the run, a warning is an event. */
  preflight?(): Finding[] | Promise<Finding[]>;
  /** For runs that know their end better than by a number of steps. */
  isFinished?(): boolean;
  /** What was made beside the run. */
  dispose?(): void;
}

/** A trainer around `run`. */
export function trainingLoop<Position>(
  run: TrainingRun<Position>,
  { takeStep, begin, preflight, isFinished, dispose }: LoopSettings,
): Trainer {
  async function* train({ signal, untilStep }: TrainOptions = {}): AsyncGenerator<TrainerEvent, TrainSummary> {
    const start = await run.enter();
    try {
      begin?.();
      const watch = new SignalWatch();
      yield start;
      if (preflight) yield* reportFindings(await preflight(), run.step);
      const last = untilStep ?? (isFinished ? Number.POSITIVE_INFINITY : run.totalSteps);
      let isFirst = true;
      while (run.step < last && !isFinished?.()) {
        if (signal?.aborted) return yield* run.finish('aborted');
        const started = performance.now();
        const result = yield* takeStep({ signal, untilStep: last, isFirst });
        isFirst = false;
        if (result === 'exhausted') yield streamEnded(run.step, last);
        if (typeof result === 'string') return yield* run.finish(result);
        const { metrics, tokens, seconds = (performance.now() - started) / 1000, saveAnyway } = result;
        yield run.finishStep({ ...metrics, num_tokens: run.tokens + tokens }, tokens, seconds);
        const silence = watch.after(metrics);
        if (silence !== undefined) yield noSignal(run.step, silence);
        yield* run.afterStep(signal, saveAnyway);
        if (run.hasStalled) return yield* run.finish('stalled');
        await setImmediate(); // timers and Ctrl-C get their turn on devices that compute in this thread
      }
      return yield* run.finish('finished');
    } finally {
      run.leave();
    }
  }
  return {
    get step() {
      return run.step;
    },
    get totalSteps() {
      return run.totalSteps;
    },
    ready: () => run.ready(),
    train,
    save: (folder) => run.save(folder),
    checkpoint: () => run.checkpoint(),
    dispose() {
      run.window.dispose();
      dispose?.();
    },
  };
}

function noSignal(step: number, message: string): TrainerEvent {
  return { type: 'warning', step, code: 'TW_TRAINERS_NO_SIGNAL', message };
}

function streamEnded(step: number, wanted: number): TrainerEvent {
  const message = `The stream ended after ${step} of ${wanted} steps. Lower maxSteps, or give a stream with more epochs.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_STREAM_ENDED', message };
}
