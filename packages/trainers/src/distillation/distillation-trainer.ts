// Distillation: the student learns the probabilities that a teacher gives to texts, its own among them.
//   rows -> completions (given, the student's, or the teacher's) -> divergence at each target -> optimizer
// GKD, https://arxiv.org/abs/2306.13649; sequence-level distillation, https://arxiv.org/abs/1606.07947. Teacher and student share a vocabulary:
// other tokenizers are left out.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { collectTrajectories, type RolloutEngine } from '@thinkwright/rollouts';
import { hashKey, uniform } from '@thinkwright/tensors';
import { microBatchesOf } from '../batches/micro-batches.ts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { supervisedTokens, type TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import { checkMasks } from '../masks/model-tokens.ts';
import {
  type DistillationOptions,
  type DistillationOptionsInput,
  parseDistillationOptions,
} from '../options/distillation-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { reportFindings } from '../preflight/finding.ts';
import { plannedTokens } from '../preflight/planned-tokens.ts';
import { trajectorySequence } from '../rl/rollout.ts';
import { learnSequences } from '../sft/learn-sequences.ts';
import type { SftRow } from '../sft/row-to-sequence.ts';
import { SequenceSource } from '../sft/sequence-source.ts';
import type { SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type StepContext, type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { learnDistillation, type Teachers } from './learn-distillation.ts';

/** Rows as for supervised fine-tuning: { prompt, completion }, { messages }, ... */
export interface DistillationPorts extends SharedPorts, RowPorts<SftRow>, Teachers {
  /** A frozen model in this process; the caller's. */
  teacher?: LanguageModel;
  /** Instead, or to sample for seqKd: an engine with `scoreTopK`. */
  teacherEngine?: RolloutEngine;
  /** Samples with the student's weights (createEngine(model)); needed for lmbda > 0. */
  engine?: RolloutEngine;
  format?: ChatFormat;
  tokenizer?: Tokenizer;
}

/**
 * A trainer that makes `model` agree with a teacher. Options and ports are checked at once; nothing is trained before `train()`.
 * @throws TrainerError for unknown, invalid or clashing options, and for a teacher with another vocabulary.
 */
export function createDistillationTrainer(settings: DistillationPorts & DistillationOptionsInput): Trainer {
  const { model, stage, evaluate, outputDir, resumeFromCheckpoint, stream, dataset, ...more } = settings;
  const { teacher, teacherEngine, engine, format, tokenizer, ...given } = more;
  const options = parseDistillationOptions(given);
  checkPorts(settings, options);
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createDistillationTrainer');
  const reading = {
    completionOnlyLoss: null,
    assistantOnlyLoss: true,
    appendEos: true,
    packing: false,
    packingBuffer: 1,
  };
  const open = (stream: typeof rows) => new SequenceSource(stream, { ...options, ...reading, format, tokenizer });
  const source = open(rows);
  const run = new TrainingRun({
    kind: 'distillation',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps: options.maxSteps!,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    position: () => source.state(),
    restore: (position) => source.restore(position),
  });
  const stopIds = format?.stopIds ?? model.config.eosTokenIds;

  async function preflight(given: readonly TrainingSequence[]) {
    const { perDeviceTrainBatchSize, lmbda, maxNewTokens } = options;
    const tokensOf = (sequence: TrainingSequence) =>
      lmbda > 0 || options.seqKd ? longestCompletion(sequence, maxNewTokens) : sequence.ids.length;
    const toCome = {
      ...{ dataset, order, tokensOf },
      open: (stream: typeof rows) => {
        const more = open(stream);
        return { take: (count: number) => takeSequences(more, count) };
      },
    };
    const tokens = await plannedTokens(toCome, given, perDeviceTrainBatchSize);
    const scorers = [...(teacher ? [teacher] : []), ...(lmbda > 0 && model.adapter ? [model] : [])];
    const learner = { model, format, tokenizer, trained: run.window.parameters, options };
    return checkLearner({ ...learner, tokens, scorers });
  }

  async function* takeStep({ isFirst }: StepContext): ReturnType<TakeStep> {
    const before = source.tooLong;
    const given = await takeSequences(source, options.perDeviceTrainBatchSize * options.gradientAccumulationSteps);
    if (source.tooLong > before) yield tooLongWarning(source, options.maxLength, run.step);
    if (given.length === 0) {
      if (run.step === 0) throw noRows(source.read);
      return 'exhausted';
    }
    if (isFirst) yield* reportFindings(await preflight(given), run.step);
    const onPolicy = uniform(options.seed, run.step, hashKey('lmbda') | 0) < options.lmbda;
    const sampler = onPolicy ? engine : options.seqKd ? teacherEngine : undefined;
    const sequences =
      sampler === undefined ? given : await sampleAnew(sampler, given, { ...options, stopIds, step: run.step });
    const window = microBatchesOf(sequences, options.perDeviceTrainBatchSize);
    const { metrics, tokens } =
      options.lossType === 'nll'
        ? await learnSequences(model, run.window, window, run.learningRate, {
            step: run.step,
            seed: options.seed,
            gradientCheckpointing: options.gradientCheckpointing,
          })
        : await learnDistillation(
            model,
            { teacher, teacherEngine },
            run.window,
            window,
            run.learningRate,
            options,
            run.step,
          );
    const length = sequences.reduce((sum, sequence) => sum + supervisedTokens(sequence), 0) / sequences.length;
    return { metrics: { ...metrics, on_policy: Number(onPolicy), 'completions/mean_length': length }, tokens };
  }

  return trainingLoop(run, {
    takeStep,
  });
}

/** Whichever is longer: the sequence as it is, or its prompt completed anew. */
function longestCompletion({ ids, mask }: TrainingSequence, maxNewTokens: number): number {
  return Math.max(ids.length, Math.max(1, mask.indexOf(1, 1)) + maxNewTokens);
}

async function takeSequences(source: SequenceSource, count: number): Promise<TrainingSequence[]> {
  const sequences: TrainingSequence[] = [];
  while (sequences.length < count) {
    const row = await source.next();
    if (row === undefined) break;
    sequences.push(...row.filter((sequence) => supervisedTokens(sequence) > 0));
  }
  return sequences;
}

/** The prompt of each sequence, completed by `engine`. */
async function sampleAnew(
  engine: RolloutEngine,
  sequences: readonly TrainingSequence[],
  options: DistillationOptions & { stopIds: number[]; step: number },
): Promise<TrainingSequence[]> {
  const { temperature, maxNewTokens: maxTokens, stopIds, seed, step } = options;
  const requests = sequences.map(({ ids, mask }, i) => ({
    promptIds: ids.slice(0, Math.max(1, mask.indexOf(1, 1))),
    samples: 1,
    sampling: { temperature, maxTokens, stopIds, seed },
    key: `${step}/${i}`,
  }));
  const trajectories = (await collectTrajectories(engine, requests)).flat();
  checkMasks(trajectories);
  return trajectories.map(trajectorySequence);
}

function checkPorts(ports: DistillationPorts, { lmbda, seqKd, lossType, topK }: DistillationOptions): void {
  const { model, teacher, teacherEngine, engine } = ports;
  const clash = (message: string) =>
    new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `createDistillationTrainer: ${message}`);
  if (lmbda > 0 && engine === undefined) {
    throw clash(`lmbda ${lmbda} trains on the student's own completions: give \`engine\`, or set lmbda to 0.`);
  }
  if (seqKd && teacherEngine === undefined) throw clash('seqKd needs `teacherEngine`, which samples with the teacher.');
  if (lossType === 'nll') return;
  if (topK === null && teacher === undefined) {
    throw clash('there is no teacher. Give `teacher`, or `teacherEngine` with topK.');
  }
  if (topK !== null && teacherEngine?.scoreTopK === undefined) {
    throw clash(`topK ${topK} asks an engine for its likeliest tokens: give a \`teacherEngine\` that has scoreTopK.`);
  }
  const sizes = [model.config.vocabularySize, teacher?.config.vocabularySize ?? model.config.vocabularySize];
  if (topK === null && sizes[0] !== sizes[1]) {
    throw new TrainerError(
      'TW_TRAINERS_SHAPE',
      `createDistillationTrainer: the student has ${sizes[0]} tokens, the teacher ${sizes[1]}. They must share a vocabulary; with another use seqKd and lossType "nll" on texts.`,
    );
  }
}

function tooLongWarning({ tooLong, read }: SequenceSource, maxLength: number | null, step: number): TrainerEvent {
  const message = `${tooLong} of ${read} rows are longer than maxLength ${maxLength} and were left out. Raise maxLength to train on them.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_ROWS_TOO_LONG', message };
}

function noRows(read: number): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `None of ${read} rows has a target within maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}
