// A training checkpoint is a model folder that other tools load, with the trainer's own state beside it:
//   checkpoint-<step>/  model.safetensors + config.json (or the PEFT adapter), tokenizer files,
//                       optimizer.safetensors, trainer_state.json, manifest.json (sha256 of each),
//                       reference.safetensors where the reference follows the policy
// It appears whole or not at all (@thinkwright/checkpoints writeFolderAtomically). Random state is counter-based, so only counters
// are saved.

import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  openSafetensors,
  recoverFolder,
  verifyFolder,
  writeFolderAtomically,
  writeSafetensors,
} from '@thinkwright/checkpoints';
import { type LanguageModel, saveAdapter, saveModel } from '@thinkwright/models';
import { assignValues, type LiveState, type Optimizer, type Parameter, tf } from '@thinkwright/tensors';
import type { BestEvaluation } from '../best-evaluation.ts';
import { TrainerError } from '../errors.ts';
import type { Plateau } from '../schedules/reduce-on-plateau.ts';
import { optionDifferences } from './option-differences.ts';

/** What `trainer_state.json` holds. `position` belongs to the trainer's kind: data stream, pending rollouts. */
export interface TrainerState<Position = unknown> {
  formatVersion: 1;
  kind: string;
  step: number;
  tokens: number;
  position: Position;
  metrics: Record<string, number>;
  best?: BestEvaluation;
  plateau?: Plateau;
  options: Record<string, unknown>;
  versions: Record<string, string>;
}

export interface Trainable {
  model: LanguageModel;
  parameters: Parameter[];
  optimizer: Optimizer;
  /** Weights that are not trained but move as the run goes on: a reference that follows. */
  reference?: ReadonlyMap<string, tf.Variable>;
  /** Writes what is trained into a folder. */
  save(folder: string): Promise<void>;
}

export type SaveWeights = (folder: string, tokenizerFiles?: Record<string, string>) => Promise<void>;

/** Where a head lies that no model folder of transformers has a place for. */
const VALUE_HEAD_FILE = 'value_head.safetensors';
const REFERENCE_FILE = 'reference.safetensors';
const OPTIMIZER_FILE = 'optimizer.safetensors';
const STATE_FILE = 'trainer_state.json';
const NAME = /^checkpoint-(\d+)$/;

/** Writes checkpoint-<step> and removes the oldest beyond `keep`. Returns its folder. */
export async function writeCheckpoint(
  outputDir: string,
  { optimizer, save, reference }: Trainable,
  state: TrainerState,
  options: { keep: number | null },
): Promise<string> {
  const folder = join(outputDir, `checkpoint-${state.step}`);
  await writeFolderAtomically(folder, async (temporary) => {
    await save(temporary);
    const tensors = [...optimizer.state()].map(([name, tensor]) => toWrite(name, tensor));
    await writeSafetensors(join(temporary, OPTIMIZER_FILE), tensors, {
      metadata: { step: String(optimizer.step), missedUpdates: JSON.stringify(optimizer.missedUpdates()) },
    });
    if (reference) {
      const weights = [...reference].map(([name, tensor]) => toWrite(name, tensor));
      await writeSafetensors(join(temporary, REFERENCE_FILE), weights);
    }
    await writeFile(join(temporary, STATE_FILE), `${JSON.stringify(state, null, 1)}\n`);
  });
  if (options.keep !== null) await removeOldest(outputDir, options.keep);
  return folder;
}

/** A folder that loadModel, transformers and vLLM read: the whole model, or the adapter when there is one. `beside` has its own file. */
export async function saveWeights(
  model: LanguageModel,
  folder: string,
  tokenizerFiles?: Record<string, string>,
  beside: readonly Parameter[] = [],
): Promise<void> {
  if (beside.length > 0) {
    await mkdir(folder, { recursive: true });
    const tensors = beside.map(({ name, variable }) => toWrite(name, variable));
    await writeSafetensors(join(folder, VALUE_HEAD_FILE), tensors, { metadata: { format: 'pt' } });
  }
  if (model.adapter === undefined) {
    await saveModel(model, folder, { tokenizerFiles });
    return;
  }
  await saveAdapter(model, folder);
  for (const [name, text] of Object.entries(tokenizerFiles ?? {})) await writeFile(join(folder, basename(name)), text);
}

/**
 * Loads weights, optimizer and state of a checkpoint into `trainable`.
 * @param expected kind and options of this run; a checkpoint made with others is refused, by name.
 * @throws TrainerError CHECKPOINT_MISSING, CHECKPOINT_CORRUPT, CHECKPOINT_MISMATCH
 */
export async function readCheckpoint<Position>(
  folder: string,
  { model, parameters, optimizer, reference }: Trainable,
  expected: { kind: string; options: Record<string, unknown> },
): Promise<TrainerState<Position>> {
  const state = await readState<Position>(folder);
  if (state.kind !== expected.kind) {
    throw new TrainerError(
      'TW_TRAINERS_CHECKPOINT_MISMATCH',
      `${folder} was written by ${state.kind}, not by ${expected.kind}. Load it as a model instead.`,
    );
  }
  const differences = optionDifferences(state.options, expected.options);
  if (differences.length > 0) {
    throw new TrainerError(
      'TW_TRAINERS_CHECKPOINT_MISMATCH',
      `${folder} was trained with other options, so going on would not be the same run: ${differences.join('; ')}. ` +
        'Use the old options, or start a new run from the checkpoint as a model.',
    );
  }
  await readParameters(folder, model.adapter ? 'adapter_model.safetensors' : 'model.safetensors', parameters);
  if (reference) {
    const variables = [...reference].map(([name, variable]) => ({ name, variable }));
    await readParameters(folder, REFERENCE_FILE, variables);
  }
  const saved = await openSafetensors(join(folder, OPTIMIZER_FILE));
  try {
    const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, { shape }] of saved.entries) tensors.set(name, { shape, data: await saved.readFloat32(name) });
    await optimizer.load(Number(saved.metadata.step), tensors, JSON.parse(saved.metadata.missedUpdates ?? '{}'));
  } finally {
    await saved.close();
  }
  return state;
}

/** From the main file (in PEFT's naming where it is an adapter's), or from the head's own. */
export async function readParameters(
  folder: string,
  mainFile: string,
  parameters: readonly Pick<Parameter, 'name' | 'variable'>[],
): Promise<void> {
  const hasHead = await stat(join(folder, VALUE_HEAD_FILE)).catch(() => undefined);
  const files = [await openSafetensors(join(folder, mainFile))];
  try {
    if (hasHead) files.push(await openSafetensors(join(folder, VALUE_HEAD_FILE)));
    for (const { name, variable } of parameters) {
      const spellings = [name, `base_model.model.${name}`];
      const file = files.find(({ entries }) => spellings.some((spelling) => entries.has(spelling))) ?? files[0]!;
      const values = await file.readFloat32(spellings.find((spelling) => file.entries.has(spelling)) ?? name);
      tf.tidy(() => assignValues(variable, tf.tensor(values, variable.shape)));
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

const toWrite = (name: string, tensor: LiveState) => ({
  name,
  dtype: 'F32' as const,
  shape: [...tensor.shape],
  data: async () => Float32Array.from(await tensor.data()),
});

async function readState<Position>(folder: string): Promise<TrainerState<Position>> {
  if (!(await stat(join(folder, STATE_FILE)).catch(() => undefined))) {
    throw new TrainerError(
      'TW_TRAINERS_CHECKPOINT_MISSING',
      `${folder} is no training checkpoint: it has no ${STATE_FILE}. Name a checkpoint-<step> folder, or give outputDir and resumeFromCheckpoint: true for the newest.`,
    );
  }
  try {
    await verifyFolder(folder);
    const state = JSON.parse(await readFile(join(folder, STATE_FILE), 'utf8')) as TrainerState<Position>;
    if (state.formatVersion !== 1) throw new Error(`formatVersion is ${state.formatVersion}, this version reads 1`);
    return state;
  } catch (error) {
    throw new TrainerError(
      'TW_TRAINERS_CHECKPOINT_CORRUPT',
      `${folder} is damaged: ${(error as Error).message} Remove it to resume from the one before.`,
      { cause: error },
    );
  }
}

/** Newest checkpoint in `outputDir`, after clearing what a killed process left half-written; undefined when there is none. */
export async function newestCheckpoint(outputDir: string): Promise<string | undefined> {
  const halfWritten = (await names(outputDir)).map((name) => /^\.(checkpoint-\d+)\.tmp-/.exec(name)?.[1]);
  for (const name of new Set(halfWritten)) if (name !== undefined) await recoverFolder(join(outputDir, name));
  const steps = await stepsIn(outputDir);
  return steps.length === 0 ? undefined : join(outputDir, `checkpoint-${steps.at(-1)}`);
}

async function removeOldest(outputDir: string, keep: number): Promise<void> {
  for (const step of (await stepsIn(outputDir)).slice(0, -keep)) {
    await rm(join(outputDir, `checkpoint-${step}`), { recursive: true, force: true });
  }
}

async function stepsIn(outputDir: string): Promise<number[]> {
  const steps = (await names(outputDir)).map((name) => NAME.exec(name)?.[1]).filter((step) => step !== undefined);
  return steps.map(Number).sort((a, b) => a - b);
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
