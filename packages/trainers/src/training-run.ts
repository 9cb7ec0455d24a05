// What every trainer's loop stands on: counters, optimizer window, schedule, checkpoints. Holds state; knows no algorithm.

import { join } from 'node:path';
import { writeFolderAtomically } from '@thinkwright/checkpoints';
import { currentDevice, type Parameter, type tf } from '@thinkwright/tensors';
import {
  afterEvaluation,
  type BestEvaluation,
  decidingMetric,
  evaluationWatcher,
  hasStalled,
  isGreaterBetter,
} from './best-evaluation.ts';
import {
  newestCheckpoint,
  readCheckpoint,
  readParameters,
  type SaveWeights,
  saveWeights,
  type Trainable,
  writeCheckpoint,
} from './checkpoints/checkpoint-folder.ts';
import { requireOutputFolder } from './checkpoints/output-folder.ts';
import { TrainerError } from './errors.ts';
import { OptimizerWindow } from './optimizer/optimizer-window.ts';
import type { TrainingOptions } from './options/training-options.ts';
import { createSchedule } from './schedules/create-schedule.ts';
import { afterPlateauEvaluation, type Plateau, startPlateau } from './schedules/reduce-on-plateau.ts';
import type { SharedPorts, TrainerEvent, TrainSummary } from './trainer.ts';
import { runVersions } from './versions.ts';

export interface RunSettings<Position> {
  kind: string;
  ports: SharedPorts;
  options: TrainingOptions;
  totalSteps: number;
  /** For progress, where the steps to come are only estimated. */
  estimateTotalSteps?(): number;
  tokenizerFiles?: Record<string, string>;
  /** Parameters that are trained along with the model's, such as a head's. */
  beside?: readonly Parameter[];
  /** Weights that are not trained but move as the run goes on; saved and restored with it. */
  reference?: ReadonlyMap<string, tf.Variable>;
  /** Writes all that is trained; default: the model (or its adapter), and what is beside it in VALUE_HEAD_FILE. */
  saveWeights?: SaveWeights;
  /** Where the data and whatever else the loop holds stand, as JSON. */
  position(): Position;
  restore(position: Position): Promise<void>;
}

/** A stretch of steps with a schedule of its own. */
export interface Phase {
  start: number;
  steps: number;
}

export class TrainingRun<Position> {
  step = 0;
  tokens = 0;
  metrics: Record<string, number> = {};
  window: OptimizerWindow;
  #settings: RunSettings<Position>;
  #phase: Phase;
  #schedule: (step: number) => number;
  #ready: Promise<void> | undefined;
  #savedStep: number | undefined;
  #lastCheckpoint: string | undefined;
  #best: BestEvaluation | undefined;
  #plateau: Plateau | undefined;
  #training = false;

  constructor(settings: RunSettings<Position>) {
    this.#settings = settings;
    this.#phase = { start: 0, steps: settings.totalSteps };
    this.#schedule = this.#newSchedule();
    this.#plateau = this.#newPlateau();
    this.window = this.#newWindow();
    if (settings.options.loadBestModelAtEnd) bestFolder(settings.ports.outputDir);
  }

  #newWindow(): OptimizerWindow {
    const { ports, options, beside } = this.#settings;
    return new OptimizerWindow(ports.model, options, beside);
  }

  /** Of the coming step; beyond the last step of the schedule its last value is kept. */
  get learningRate(): number {
    if (this.#plateau) return this.#plateau.learningRate;
    const { start, steps } = this.#phase;
    return this.#schedule(Math.min(this.step - start, steps - 1));
  }

  /** Steps of the whole run, for progress. */
  get totalSteps(): number {
    return this.#settings.estimateTotalSteps?.() ?? this.#settings.totalSteps;
  }

  /** Steps that the schedule spans: the whole run, or one phase of it. */
  get phase(): Readonly<Phase> {
    return this.#phase;
  }

  /** The schedule of one phase of a run that has several. */
  set phase(phase: Phase) {
    this.#phase = phase;
    this.#schedule = this.#newSchedule();
  }

  /** Begins a phase now, with a fresh optimizer. */
  beginPhase(steps: number): void {
    this.phase = { start: this.step, steps };
    this.#plateau = this.#newPlateau();
    this.window.dispose();
    this.window = this.#newWindow();
  }

  #newSchedule(): (step: number) => number {
    const { lrSchedulerType, learningRate, warmupSteps, lrSchedulerKwargs } = this.#settings.options;
    const shape = { totalSteps: this.#phase.steps, warmupSteps };
    return createSchedule(lrSchedulerType, learningRate, shape, lrSchedulerKwargs);
  }

  #newPlateau(): Plateau | undefined {
    const { lrSchedulerType, learningRate } = this.#settings.options;
    return lrSchedulerType === 'reduce_lr_on_plateau' ? startPlateau(learningRate) : undefined;
  }

  /** Checks outputDir and loads the checkpoint to resume from, once. */
  ready(): Promise<void> {
    this.#ready ??= this.#resume();
    return this.#ready;
  }

  async #resume(): Promise<void> {
    const { resumeFromCheckpoint: from, outputDir } = this.#settings.ports;
    if (outputDir !== undefined) await requireOutputFolder(outputDir);
    if (!from) return;
    if (from === true && outputDir === undefined) {
      throw new TrainerError(
        'TW_TRAINERS_OPTIONS_CLASH',
        'resumeFromCheckpoint is true but there is no outputDir to look in. Give outputDir, or the checkpoint folder.',
      );
    }
    const folder = from === true ? await newestCheckpoint(outputDir!) : from;
    if (folder === undefined) return; // nothing was saved yet: the run starts
    const { kind, options, restore } = this.#settings;
    const state = await readCheckpoint<Position>(folder, this.#trainable(), { kind, options: { ...options } });
    this.step = state.step;
    this.tokens = state.tokens;
    this.metrics = state.metrics;
    this.#best = state.best;
    this.#plateau = state.plateau;
    this.#savedStep = state.step;
    this.#lastCheckpoint = folder;
    await restore(state.position);
  }

  /** Marks the loop as running; a second one beside it would share its gradients. */
  async enter(): Promise<TrainerEvent> {
    if (this.#training) {
      throw new TrainerError(
        'TW_TRAINERS_OPTIONS_CLASH',
        'train() is already running on this trainer. Finish or leave that loop first.',
      );
    }
    this.#training = true;
    await this.ready().catch((error) => {
      this.#training = false;
      throw error;
    });
    const { ports, kind } = this.#settings;
    const parameters = this.window.parameters.reduce((sum, { variable }) => sum + variable.size, 0);
    return {
      type: 'start',
      stage: ports.stage ?? kind,
      step: this.step,
      totalSteps: this.totalSteps,
      parameters,
      device: currentDevice().name,
    };
  }

  leave(): void {
    this.window.discard();
    this.#training = false;
  }

  /** Counts a finished step and describes it. */
  finishStep(metrics: Record<string, number>, tokens: number, seconds: number): TrainerEvent {
    this.step++;
    this.tokens += tokens;
    this.metrics = metrics;
    return {
      type: 'step-end',
      step: this.step,
      totalSteps: this.totalSteps,
      metrics: { ...metrics, tokens_per_second: tokens / Math.max(seconds, 1e-9) },
      tokens,
      seconds,
    };
  }

  /** After a step: evaluation and checkpoint when they are due (or the checkpoint is wanted anyway). */
  async *afterStep(signal?: AbortSignal, saveAnyway = false): AsyncGenerator<TrainerEvent, void> {
    const { ports, options } = this.#settings;
    if (ports.evaluate !== undefined && options.evalSteps > 0 && this.step % options.evalSteps === 0) {
      const started = performance.now();
      const { evaluate, model } = ports;
      const metrics = await this.window.withAverage(() => evaluate({ step: this.step, model, signal }));
      yield { type: 'eval-end', step: this.step, metrics, seconds: (performance.now() - started) / 1000 };
      if (evaluationWatcher(options)) yield* this.#compareEvaluation(metrics);
    }
    const due = options.saveSteps > 0 && this.step % options.saveSteps === 0;
    if (ports.outputDir !== undefined && (due || saveAnyway)) {
      yield { type: 'checkpoint', step: this.step, folder: await this.checkpoint() };
    }
  }

  /** Whether earlyStoppingPatience has run out. */
  get hasStalled(): boolean {
    return hasStalled(this.#best, this.#settings.options);
  }

  async *#compareEvaluation(metrics: Record<string, number>): AsyncGenerator<TrainerEvent, void> {
    const { ports, options } = this.#settings;
    const value = decidingMetric(metrics, options);
    this.#best = afterEvaluation(this.#best, this.step, value, options);
    if (this.#plateau) {
      const keywords = options.lrSchedulerKwargs;
      this.#plateau = afterPlateauEvaluation(this.#plateau, value, isGreaterBetter(options), keywords);
    }
    if (!options.loadBestModelAtEnd || this.#best.step !== this.step) return;
    const folder = bestFolder(ports.outputDir);
    await writeFolderAtomically(folder, (temporary) => this.save(temporary));
    yield { type: 'checkpoint', step: this.step, folder };
  }

  /** Last checkpoint and the closing event. */
  async *finish(reason: TrainSummary['reason']): AsyncGenerator<TrainerEvent, TrainSummary> {
    if (this.#settings.ports.outputDir !== undefined && this.#savedStep !== this.step) {
      yield { type: 'checkpoint', step: this.step, folder: await this.checkpoint() };
    }
    const { ports, options } = this.#settings;
    const isOver = reason === 'finished' || reason === 'stalled';
    if (options.loadBestModelAtEnd && isOver && this.#best !== undefined && this.#best.step !== this.step) {
      const file = ports.model.adapter === undefined ? 'model.safetensors' : 'adapter_model.safetensors';
      await readParameters(bestFolder(ports.outputDir), file, this.window.parameters);
      ports.model.weightVersion += 1;
    }
    const summary: TrainSummary = {
      reason,
      step: this.step,
      tokens: this.tokens,
      metrics: this.metrics,
      ...(this.#best && { best: { step: this.#best.step, value: this.#best.value } }),
      ...(this.#lastCheckpoint === undefined ? {} : { checkpoint: this.#lastCheckpoint }),
    };
    yield { type: 'end', reason, step: this.step, totalSteps: this.totalSteps, summary };
    return summary;
  }

  async checkpoint(): Promise<string> {
    const { ports, options, kind, position } = this.#settings;
    if (ports.outputDir === undefined) {
      throw new TrainerError(
        'TW_TRAINERS_OPTIONS_CLASH',
        'There is no outputDir to write a checkpoint to. Give outputDir, or call save(folder).',
      );
    }
    const folder = await writeCheckpoint(
      ports.outputDir,
      this.#trainable(),
      {
        formatVersion: 1,
        kind,
        step: this.step,
        tokens: this.tokens,
        position: position(),
        metrics: this.metrics,
        ...(this.#best && { best: this.#best }),
        ...(this.#plateau && { plateau: this.#plateau }),
        options: { ...options },
        versions: runVersions(),
      },
      { keep: options.saveTotalLimit },
    );
    this.#savedStep = this.step;
    this.#lastCheckpoint = folder;
    return folder;
  }

  save(folder: string): Promise<void> {
    return this.window.withAverage(() => this.#trainable().save(folder));
  }

  #trainable(): Trainable {
    const { ports, tokenizerFiles, beside = [], saveWeights: save, reference } = this.#settings;
    return {
      model: ports.model,
      parameters: this.window.parameters,
      optimizer: this.window.optimizer,
      reference,
      save: (folder) =>
        save ? save(folder, tokenizerFiles) : saveWeights(ports.model, folder, tokenizerFiles, beside),
    };
  }
}

function bestFolder(outputDir: string | undefined): string {
  if (outputDir !== undefined) return join(outputDir, 'best');
  throw new TrainerError(
    'TW_TRAINERS_OPTIONS_CLASH',
    'loadBestModelAtEnd keeps the best weights in outputDir/best, but there is no outputDir. Give outputDir.',
  );
}
