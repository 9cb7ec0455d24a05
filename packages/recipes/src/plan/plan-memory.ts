// How much memory a run will take, before it runs: the real trainer walks two steps over rows of the given length on a device that
// allocates and computes nothing, so the plan is the code's own behaviour and not a formula beside it. Takes seconds.
// Leaves out models that serve as rewards, what other processes hold, and the operating system's file cache.

import { createAdapter, createEngine, emptyModel, type LanguageModel, type ModelConfig } from '@thinkwright/models';
import { collectTrajectories, type RolloutEngine } from '@thinkwright/rollouts';
import { type DeviceMemory, useDevice } from '@thinkwright/tensors';
import { optionsFromSnakeCase } from '@thinkwright/trainers';
import { RecipeError } from '../errors.ts';
import { type PlannedLengths, plannedLengths } from './planned-lengths.ts';
import { plannedTokens } from './planned-rows.ts';
import { hasTwoKindsOfSteps, type PlannedModels, plannedTrainer } from './planned-trainer.ts';
import type { MemoryPlan, MemoryPlanRequest } from './request.ts';

/** Not in the device's arena: what kernels pack and the rows of logits they work on; 2 to 25 MiB were seen. */
const NATIVE_SCRATCH_BYTES = 24 * 2 ** 20;

/**
 * The peak memory of a run. The process becomes a dry one: it can plan further runs, but compute nothing.
 * @throws RecipeError TW_RECIPES_INVALID when lengths do not fit the model or a teacher is missing; ModelError for what it cannot be
 *   loaded as; TrainerError for the trainer's options
 */
export async function planMemory(config: ModelConfig, request: MemoryPlanRequest): Promise<MemoryPlan> {
  const options = optionsFromSnakeCase(request.options ?? {}) as Record<string, unknown>;
  const asked: MemoryPlanRequest = { ...request, options };
  checkRequest(asked);
  const lengths = plannedLengths(config, asked);
  const device = await useDevice('native', { dryRun: true });
  const memory = () => device.memory!();
  const before = memory();
  const loaded: Loaded[] = [];
  const load = (make: () => LanguageModel): LanguageModel => {
    const start = memory().bytesInUse;
    const model = make();
    loaded.push({ model, bytes: memory().bytesInUse - start });
    return model;
  };
  try {
    const models = loadModels(config, asked, load);
    const weightBytes = memory().bytesInUse - before.bytesInUse;
    const processBytes = await walk(models, asked, lengths);
    const deviceBytes = touchedSince(before, memory());
    const held = Math.max(deviceBytes + savingBytes(models, asked), loadingBytes(loaded));
    const totalBytes = processBytes + NATIVE_SCRATCH_BYTES + held;
    return { weightBytes, deviceBytes, processBytes, totalBytes };
  } finally {
    for (const { model } of loaded) model.dispose();
  }
}

interface Loaded {
  model: LanguageModel;
  bytes: number;
}

function loadModels(
  config: ModelConfig,
  { lora, loading, teacher, valueModel }: MemoryPlanRequest,
  load: (make: () => LanguageModel) => LanguageModel,
): PlannedModels {
  const learner = (own: ModelConfig) =>
    load(() => {
      const model = emptyModel(own, loading);
      if (lora) model.attachAdapter(createAdapter(own, lora));
      return model;
    });
  return {
    model: learner(config),
    ...(teacher && { teacher: load(() => emptyModel(teacher.config, teacher.loading)) }),
    ...(valueModel && { valueModel: learner(valueModel) }),
  };
}

/** The most that is held while models are read: a tensor's float32 values, here and on the device, beside all that is kept by then. */
function loadingBytes(loaded: readonly Loaded[]): number {
  let before = 0;
  let most = 0;
  for (const { model, bytes } of loaded) {
    const sizes = [...model.namedTensors().values()].map(({ size }) => size);
    const kept = bytes / sizes.reduce((sum, size) => sum + size, 0);
    for (const size of sizes) {
      before += size * kept;
      most = Math.max(most, before + 2 * 4 * size);
    }
  }
  return Math.ceil(most);
}

/** A checkpoint is written tensor by tensor: on the host the largest trained one, and the one before it until it is collected. */
function savingBytes({ model, valueModel }: PlannedModels, { method }: MemoryPlanRequest): number {
  if (method === 'generate') return 0;
  const trained = [...model.parameters(), ...(valueModel?.parameters() ?? [])];
  return 2 * 4 * Math.max(...trained.map(({ variable }) => variable.size));
}

const PLANNED_STEPS = 2; // the second finds gradients, optimizer state and packed weights in place

/** @returns the most that this process held. */
async function walk(models: PlannedModels, request: MemoryPlanRequest, lengths: PlannedLengths): Promise<number> {
  const engines: RolloutEngine[] = [];
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage().rss);
  };
  const open = (model: LanguageModel): RolloutEngine => {
    const engine = createEngine(model, request.method === 'generate' ? { maxBatch: request.batch ?? 1 } : {});
    engines.push(engine);
    return engine;
  };
  try {
    if (request.method === 'generate') await sample(open(models.model), lengths, request.batch ?? 1);
    else await train(models, request, lengths, { open, look });
    look();
  } finally {
    for (const engine of engines) await engine.close();
  }
  return most;
}

async function sample(engine: RolloutEngine, { prompt, completion }: PlannedLengths, samples: number): Promise<void> {
  const sampling = { temperature: 1, maxTokens: completion, stopIds: [], seed: 1 };
  await collectTrajectories(engine, [{ promptIds: plannedTokens(prompt), samples, sampling, key: 'plan' }]);
}

async function train(
  models: PlannedModels,
  request: MemoryPlanRequest,
  lengths: PlannedLengths,
  { open, look }: { open: (model: LanguageModel) => RolloutEngine; look: () => void },
): Promise<void> {
  const trainer = plannedTrainer(models, request, lengths, open);
  const kinds = new Set<unknown>();
  try {
    for await (const event of trainer.train({ untilStep: Number.POSITIVE_INFINITY })) {
      look();
      if (event.type !== 'step-end') continue;
      kinds.add(event.metrics.on_policy);
      if (event.step >= PLANNED_STEPS && kinds.size === (hasTwoKindsOfSteps(request) ? 2 : 1)) break;
    }
  } finally {
    trainer.dispose();
  }
}

/** Blocks are carved from the arena's start, so what a second plan touches is no more than the first if it is smaller. */
function touchedSince(before: DeviceMemory, after: DeviceMemory): number {
  return before.bytesReserved < 2 ** 20 ? after.bytesReserved : after.peakBytes;
}

function checkRequest({ method, loading, teacher, valueModel }: MemoryPlanRequest): void {
  const isOfFile = [loading, teacher?.loading].some((own) => own?.storage === 'native');
  const problem = isOfFile
    ? 'storage native depends on the file; name its format, such as q4_0'
    : method === 'distill' && teacher === undefined
      ? 'method distill needs the teacher, which is held beside the student'
      : method !== 'distill' && teacher !== undefined
        ? `method ${method} has no teacher. Leave it out, or plan method distill`
        : method !== 'ppo' && valueModel !== undefined
          ? `method ${method} has no value model. Leave it out, or plan method ppo`
          : undefined;
  if (problem) throw new RecipeError('TW_RECIPES_INVALID', `A memory plan: ${problem}.`);
}
