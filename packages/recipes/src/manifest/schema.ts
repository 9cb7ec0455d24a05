// What a recipe may say. Options of a stage are the trainer's own and are checked by the trainer's schema (see stages/).

import { z } from 'zod';
import { modelOptionsShape } from './model-options.ts';

const positiveInteger = z.int().positive();

/** A Llama-shaped model with fresh weights. `initialization.embedding_std` is N(0, std); linear layers are N(0, 1/sqrt(fan_in)). */
export const scratchSchema = z.strictObject({
  hiddenSize: positiveInteger,
  intermediateSize: positiveInteger,
  layerCount: positiveInteger,
  headCount: positiveInteger,
  keyValueHeadCount: positiveInteger.optional(),
  maxPositions: positiveInteger.default(128),
  ropeTheta: z.number().positive().default(10_000),
  rmsNormEpsilon: z.number().positive().default(1e-5),
  tieWordEmbeddings: z.boolean().default(true),
  embeddingStd: z.number().positive().default(0.02),
});

/** LoRA, in the names of PEFT. */
export const loraSchema = z.strictObject({
  r: positiveInteger.default(16),
  loraAlpha: z.number().positive().default(32),
  loraDropout: z.number().min(0).lt(1).default(0),
  targetModules: z.array(z.string()).optional(),
  useRslora: z.boolean().default(false),
});

export const modelSchema = z
  .strictObject({
    path: z.string().min(1).optional(),
    revision: z.string().optional(),
    scratch: scratchSchema.optional(),
    lora: loraSchema.optional(),
    format: z.string().optional(),
    ...modelOptionsShape,
  })
  .refine((model) => (model.path === undefined) !== (model.scratch === undefined), {
    message: 'give either "path" (a hub id, a folder or a .gguf file) or "scratch" (sizes of a new model)',
  });

/** Rows: a built-in set or generator by name, or a file. Further keys are options of that set. */
export const dataSchema = z.looseObject({
  name: z.string().min(1),
  split: z.string().optional(),
  limit: positiveInteger.optional(),
});

export const gateSchema = z.strictObject({
  metric: z.string().min(1),
  atLeast: z.number(),
  /** Train on up to this factor of the stage's steps before giving up. */
  trainOn: z.number().min(1).max(10).default(1),
  otherwise: z.enum(['warn', 'stop']).default('warn'),
});

export const stageKinds = [
  'pretrain',
  'sft',
  'rl',
  'ppo',
  'rejection-sampling',
  'preference',
  'distill',
  'reward-model',
  'process-reward',
  'evaluate',
] as const;
export type StageKind = (typeof stageKinds)[number];

export const stageSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'lower-case letters, digits and dashes, please: it names a folder'),
  kind: z.enum(stageKinds),
  /** Run only when the recipe's method has this name. */
  method: z.string().optional(),
  data: dataSchema.optional(),
  rewards: z.record(z.string(), z.number()).optional(),
  options: z.record(z.string(), z.unknown()).default({}),
  gate: gateSchema.optional(),
});

export const recipeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'lower-case letters, digits and dashes, please: it names a folder'),
  title: z.string().optional(),
  description: z.string().optional(),
  seed: z.int().min(0).max(0x7fff_ffff).default(1),
  device: z.string().default('auto'),
  method: z.string().optional(),
  model: modelSchema,
  data: dataSchema.optional(),
  stages: z.array(stageSchema).min(1),
});

export type RecipeManifest = z.output<typeof recipeSchema>;
export type StageManifest = RecipeManifest['stages'][number];
export type ModelManifest = RecipeManifest['model'];
export type DataManifest = z.output<typeof dataSchema>;
export type GateManifest = z.output<typeof gateSchema>;
