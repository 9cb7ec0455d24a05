// What the training stages share: model in, trainer through its gate with checkpoints, model out. Which trainer it is, the stage says.

import { createEngine } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import type { Trainer, TrainerEvent, TrainSummary } from '@thinkwright/trainers';
import type { z } from 'zod';
import { RecipeError } from '../errors.ts';
import type { Path } from '../manifest/source-map.ts';
import { validate } from '../manifest/validate.ts';
import type { RolloutRecord } from '../run/events.ts';
import { trainThroughGate } from '../run/gates.ts';
import { errorAt } from './error-at.ts';
import type { ExecutorOutcome, StageContext } from './executor.ts';
import { gateMetrics, measureNamed } from './measures.ts';
import type { OpenedModel } from './open-model.ts';
import { openStageModel } from './stage-model.ts';
import { dataOf, decodeWith, shownPrompt, traceMetrics } from './tasks.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

/** The trainer's own schema over the stage's options, with errors at the recipe's lines; the recipe's seed unless the stage has one. */
export function checkOptions<S extends z.ZodType>(
  { recipe, stage, textIndex }: Place,
  schema: S,
  parse: (options: unknown) => unknown,
): z.output<S> {
  const base: Path = ['stages', textIndex, 'options'];
  const options = { seed: recipe.seed, ...stage.options };
  const checked = validate(schema, recipe.source, base, options);
  errorAt(recipe.source.where(base), () => parse(options)); // combinations that cannot work
  return checked;
}

export interface TrainingPorts extends OpenedModel {
  engine: RolloutEngine;
  context: StageContext;
  /** For the trainer: where checkpoints go, resuming from the newest, the name for its events. */
  shared: { outputDir: string; resumeFromCheckpoint: true; stage: string };
  /** Runs when the stage is over, after the trainer, however it ends. */
  atEnd(dispose: () => void | Promise<void>): void;
}

export interface TrainingOf {
  /** Steps of the plan; undefined: the trainer knows (rounds, epochs). */
  planned?: number;
  /** Name of a measure for the curve, taken by the trainer's `evaluate` port. */
  create(ports: TrainingPorts): Trainer | Promise<Trainer>;
}

/** Runs a training stage from its last checkpoint to its end. Undefined: aborted, and saved. */
export async function runTraining(
  context: StageContext,
  { planned, create }: TrainingOf,
): Promise<ExecutorOutcome | undefined> {
  const { recipe, stage, folder, signal, emit } = context;
  const opened = await openStageModel(recipe, context.input, signal);
  const engine = createEngine(opened.model, { decode: decodeWith(opened.format) });
  const disposals: (() => void | Promise<void>)[] = [];
  let trainer: Trainer | undefined;
  try {
    trainer = await create({
      ...opened,
      engine,
      context,
      atEnd: (dispose) => void disposals.push(dispose),
      shared: { outputDir: folder.checkpoints, resumeFromCheckpoint: true, stage: stage.name },
    });
    await trainer.ready();
    folder.rewindTo(trainer.step);
    let summary: TrainSummary | undefined;
    const running = trainer;
    const forwardEvent = forwarder(context);
    const total = planned ?? trainer.totalSteps;
    const outcome = await trainThroughGate({
      planned: total,
      gate: stage.gate,
      step: () => running.step,
      async trainTo(target) {
        const events = running.train({ signal, untilStep: target });
        for (let next = await events.next(); ; next = await events.next()) {
          if (next.done) {
            summary = next.value;
            break;
          }
          forwardEvent(next.value, Math.max(target, running.totalSteps));
        }
        return summary.reason !== 'aborted';
      },
      async measure(metric) {
        const own = summary?.metrics[metric];
        if (own !== undefined) return own;
        const { shortest, longest } = dataOf(context) as { shortest?: number; longest?: number };
        return measureNamed(metric)({ ...opened, engine, seed: recipe.seed, lengths: { shortest, longest } }, signal);
      },
      onDecision: ({ metric, value, atLeast, action, extraSteps }) =>
        emit({ type: 'gate', metric, value, atLeast, action, extraSteps }),
    });
    if (!outcome || !summary) return undefined;
    await trainer.save(folder.model);
    const metrics = { ...summary.metrics, ...(outcome.gate && { [outcome.gate.metric]: outcome.gate.value }) };
    return {
      steps: running.step,
      tokens: summary.tokens,
      checkpoint: folder.model,
      metrics,
      gate: outcome.gate,
      seconds: folder.seconds,
    };
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  } finally {
    trainer?.dispose();
    for (const dispose of disposals.reverse()) await dispose();
    await engine.close();
    opened.model.dispose();
  }
}

/** A gate must be able to measure what it asks for: known before anything runs. */
export function checkGate({ recipe, stage, textIndex }: Place, trainingMetrics: readonly string[]): void {
  if (!stage.gate) return;
  const known = [...gateMetrics, ...trainingMetrics];
  if (known.includes(stage.gate.metric as (typeof gateMetrics)[number])) return;
  const place = recipe.source.where(['stages', textIndex, 'gate', 'metric']);
  throw new RecipeError(
    'TW_RECIPES_INVALID',
    `${place}: the gate of "${stage.name}" asks for "${stage.gate.metric}". Known: ${known.join(', ')}.`,
  );
}

/** Hands a trainer's events on. A sampling round becomes one rollout of its own, with the style of its traces measured. */
function forwarder({
  stage,
  recipe,
  emit,
  textIndex,
}: StageContext): (event: TrainerEvent, totalSteps: number) => void {
  if (stage.kind !== 'rejection-sampling') return (event, totalSteps) => forward(event, totalSteps, emit);
  const { problemsPerRound = 640, numGenerations = 8 } = stage.options as {
    problemsPerRound?: number;
    numGenerations?: number;
  };
  const style = traceMetrics(dataOf({ recipe, stage, textIndex }).name);
  let round: TrainerRecord[] = [];
  return (event, totalSteps) => {
    if (event.type === 'rollout') {
      round.push(...event.records);
      emit({ type: 'progress', label: 'sampling', done: round.length, total: problemsPerRound * numGenerations });
    } else if (event.type === 'round-end') {
      emit({ type: 'rollout', step: event.step + 1, records: round.map(shownRecord) });
      emit({ type: 'measured', step: event.step, metrics: { ...event.metrics, ...style?.(round) }, seconds: 0 });
      round = [];
    } else forward(event, totalSteps, emit);
  };
}

function forward(event: TrainerEvent, totalSteps: number, emit: StageContext['emit']): void {
  switch (event.type) {
    case 'step-end':
      emit({
        type: 'step',
        step: event.step,
        totalSteps,
        metrics: event.metrics,
        tokens: event.tokens,
        seconds: event.seconds,
      });
      return;
    case 'eval-end':
      emit({ type: 'measured', step: event.step, metrics: event.metrics, seconds: event.seconds });
      return;
    case 'rollout':
      emit({ type: 'rollout', step: event.step + 1, records: event.records.map(shownRecord) }); // sampled for the coming step
      return;
    case 'checkpoint':
      emit({ type: 'checkpoint', step: event.step, folder: event.folder });
      return;
    case 'warning':
      emit({ type: 'warning', code: event.code, message: event.message });
  }
}

type TrainerRecord = Extract<TrainerEvent, { type: 'rollout' }>['records'][number];

function shownRecord({
  step,
  key,
  sample,
  prompt,
  completion,
  reward,
  parts,
  advantage,
  tokens,
  finish,
  mode,
  unscored,
  row,
}: TrainerRecord): RolloutRecord {
  const answer = typeof row.answer === 'string' ? row.answer : undefined;
  return {
    step,
    group: key,
    sample,
    prompt: shownPrompt(row) ?? prompt,
    completion,
    reward,
    parts,
    advantage,
    tokens,
    finish,
    mode,
    ...(unscored !== undefined && { unscored }),
    answer,
  };
}
