// How much memory a run will take, before it runs: the real trainer walks two steps over rows of the given length on a device that
// allocates and computes nothing, so the plan is the code's own behaviour and not a formula beside it. Takes a second.
// Leaves out what Python or other processes hold, and the operating system's file cache.

import type { ChatFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import {
  createAdapter,
  createEngine,
  emptyModel,
  type LoraOptions,
  type ModelConfig,
  type ModelOptions,
} from '@thinkwright/models';
import { collectTrajectories } from '@thinkwright/rollouts';
import { type DeviceMemory, useDevice } from '@thinkwright/tensors';
import { createRlTrainer, createSftTrainer, optionsFromSnakeCase } from '@thinkwright/trainers';
import { RecipeError } from '../errors.ts';

export type PlannedMethod = 'sft' | 'rl' | 'generate';

export interface MemoryPlanRequest {
  method: PlannedMethod;
  /** Tokens of a row; for 'rl' and 'generate' of prompt and completion together. */
  length: number;
  /** Tokens of the prompt, for 'rl' and 'generate'. Default a quarter of `length`. */
  promptLength?: number;
  /** Sequences at once, for 'generate'. Default 1. */
  batch?: number;
  /** An adapter is trained instead of the whole model. */
  lora?: LoraOptions;
  /** How the model is loaded. `storage` by name: what `native` means depends on the file, which a plan does not read. */
  loading?: ModelOptions;
  /** Options of the trainer in snake_case, as in a recipe: per_device_train_batch_size, gradient_checkpointing, ... */
  options?: Record<string, unknown>;
}

export interface MemoryPlan {
  /** The model's weights and, with lora, the adapter's. */
  weightBytes: number;
  /** What the device will touch at its peak, weights included. */
  deviceBytes: number;
  /** Node, the code and the tokenizer; measured in this process. */
  processBytes: number;
  /** The peak of resident memory that the run will show, while it is loaded or at work. */
  totalBytes: number;
}

/** Not in the device's arena: packing scratch of the kernels and staging of what is read. */
const NATIVE_SCRATCH_BYTES = 48 * 2 ** 20;

/**
 * The peak memory of a run. The process becomes a dry one: it can plan further runs, but compute nothing.
 * @throws RecipeError TW_RECIPES_INVALID when lengths do not fit the model; ModelError for what it cannot be loaded as; TrainerError for the trainer's options
 */
export async function planMemory(config: ModelConfig, request: MemoryPlanRequest): Promise<MemoryPlan> {
  checkLengths(config, request);
  const device = await useDevice('native', { dryRun: true });
  const memory = () => device.memory!();
  const before = memory();
  const model = emptyModel(config, request.loading);
  try {
    if (request.lora) model.attachAdapter(createAdapter(config, request.lora));
    const weightBytes = memory().bytesInUse - before.bytesInUse;
    await walk(model, request);
    const deviceBytes = touchedSince(before, memory());
    const processBytes = process.memoryUsage().rss;
    const totalBytes = processBytes + NATIVE_SCRATCH_BYTES + Math.max(deviceBytes, loadingBytes(model, weightBytes));
    return { weightBytes, deviceBytes, processBytes, totalBytes };
  } finally {
    model.dispose();
  }
}

/** The most that is held while the model is read: a tensor's float32 values, here and on the device, beside all that is kept by then. */
function loadingBytes(model: Model, weightBytes: number): number {
  const sizes = [...model.namedTensors().values()].map(({ size }) => size);
  const kept = weightBytes / sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  let most = 0;
  for (const size of sizes) {
    most = Math.max(most, (before + size) * kept + 2 * 4 * size);
    before += size;
  }
  return Math.ceil(most);
}

type Model = ReturnType<typeof emptyModel>;

async function walk(model: Model, request: MemoryPlanRequest): Promise<void> {
  if (request.method === 'sft') return walkSft(model, request);
  if (request.method === 'rl') return walkRl(model, request);
  const { length, batch = 1 } = request;
  const promptLength = promptLengthOf(request);
  const engine = createEngine(model, { maxBatch: batch });
  const sampling = { temperature: 1, maxTokens: length - promptLength, stopIds: [], seed: 1 };
  await collectTrajectories(engine, [{ promptIds: tokens(promptLength), samples: batch, sampling, key: 'plan' }]);
  await engine.close();
}

const PLANNED_STEPS = 2; // the second finds gradients, optimizer state and packed weights in place

async function walkSft(model: Model, { length, options = {} }: MemoryPlanRequest): Promise<void> {
  const row = { ids: Array.from(tokens(length)), mask: Array.from({ length }, () => 1) };
  const trainer = createSftTrainer({
    model,
    dataset: arrayDataset(
      'plan',
      Array.from({ length: 64 }, () => row),
    ),
    ...plannedOptions(options),
    maxLength: length,
  });
  for await (const _ of trainer.train({ untilStep: PLANNED_STEPS }));
  trainer.dispose();
}

async function walkRl(model: Model, request: MemoryPlanRequest): Promise<void> {
  const promptLength = promptLengthOf(request);
  const engine = createEngine(model);
  const trainer = createRlTrainer({
    model,
    engine,
    format: plannedFormat(promptLength),
    // Every other completion is right: no group without signal, so that every row is learnt from.
    reward: (batch) => batch.map((_, i) => i % 2),
    dataset: arrayDataset('plan', [{ prompt: 'planned' }]),
    ...plannedOptions(request.options ?? {}),
    maxCompletionLength: request.length - promptLength,
  });
  for await (const _ of trainer.train({ untilStep: PLANNED_STEPS }));
  trainer.dispose();
  await engine.close();
}

function plannedOptions(options: Record<string, unknown>): Record<string, unknown> {
  const { max_length, max_completion_length, save_steps, eval_steps, ...rest } = options;
  return { ...(optionsFromSnakeCase(rest) as Record<string, unknown>), maxSteps: PLANNED_STEPS };
}

/** A format whose every prompt has the planned length, and whose replies do not end by themselves. */
function plannedFormat(promptLength: number): ChatFormat {
  const names = { special: {}, vocabularySize: PLANNED_TOKEN + 1 }; // what the pre-flight asks for
  const tokenizer = { encode: () => tokens(promptLength), decode: () => '', ...names };
  return { tokenizer, stopIds: [], marks: { open: '<think>', close: '</think>' }, files: {} } as unknown as ChatFormat;
}

const PLANNED_TOKEN = 1; // any id that every vocabulary has
const promptLengthOf = ({ length, promptLength }: MemoryPlanRequest) => promptLength ?? Math.ceil(length / 4);
const tokens = (count: number) => new Int32Array(count).fill(PLANNED_TOKEN);

/** Blocks are carved from the arena's start, so what a second plan touches is no more than the first if it is smaller. */
function touchedSince(before: DeviceMemory, after: DeviceMemory): number {
  return before.bytesReserved < 2 ** 20 ? after.bytesReserved : after.peakBytes;
}

function checkLengths({ maxPositions }: ModelConfig, request: MemoryPlanRequest): void {
  const { length } = request;
  const promptLength = promptLengthOf(request);
  const problem =
    request.loading?.storage === 'native'
      ? 'storage native depends on the file; name its format, such as q4_0'
      : !Number.isInteger(length) || length < 2
        ? `length is ${length}; expected a whole number of tokens, 2 or more`
        : length > maxPositions
          ? `length ${length} is more than the model's context of ${maxPositions} tokens`
          : request.method !== 'sft' && !(promptLength >= 1 && promptLength < length)
            ? `prompt length ${promptLength} leaves no room for a completion in a length of ${length}`
            : undefined;
  if (problem) throw new RecipeError('TW_RECIPES_INVALID', `A memory plan: ${problem}.`);
}
