// The page of options, made from the schemas: our name, TRL's name, default, what is allowed. Not published; docs/trainers/options.md is
// written by `node --conditions=@thinkwright/source scripts/options-page.ts` and a test keeps it fresh.

import { z } from 'zod';
import { distillationOptionsSchema } from './distillation-options.ts';
import { onlinePreferenceOptionsSchema } from './online-preference-options.ts';
import { ppoOptionsSchema } from './ppo-options.ts';
import { preferenceOptionsSchema } from './preference-options.ts';
import { processRewardOptionsSchema } from './process-reward-options.ts';
import { rejectionSamplingOptionsSchema } from './rejection-sampling-options.ts';
import { rewardModelOptionsSchema } from './reward-model-options.ts';
import { rlOptionsSchema } from './rl-options.ts';
import { sftOptionsSchema } from './sft-options.ts';
import { trainingOptionsSchema } from './training-options.ts';

interface Property {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Property[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

const TRAINERS = {
  'createSftTrainer (TRL SFTConfig)': sftOptionsSchema,
  'createRlTrainer (TRL GRPOConfig, RLOOConfig)': rlOptionsSchema,
  'createPreferenceTrainer (TRL DPOConfig, KTOConfig, CPOConfig, ORPOConfig)': preferenceOptionsSchema,
  'createOnlinePreferenceTrainer (TRL OnlineDPOConfig)': onlinePreferenceOptionsSchema,
  'createPpoTrainer (TRL PPOConfig)': ppoOptionsSchema,
  'createRewardModelTrainer (TRL RewardConfig)': rewardModelOptionsSchema,
  'createProcessRewardTrainer (TRL PRMConfig)': processRewardOptionsSchema,
  'createDistillationTrainer (TRL GKDConfig)': distillationOptionsSchema,
  'createRejectionSampler (no TRL trainer; STaR and best-of-N filtering)': rejectionSamplingOptionsSchema,
};

export function optionsPage(): string {
  const shared = new Set(Object.keys(trainingOptionsSchema.shape).filter((name) => name !== 'learningRate'));
  const lines = [
    '# Options of the trainers',
    '',
    'Made from the code by `scripts/options-page.ts`; do not edit. YAML takes either spelling. What an option does, and where its',
    'default differs from TRL and why, is said beside it in `packages/trainers/src/options`.',
    '',
    ...section('Every trainer (transformers TrainingArguments)', trainingOptionsSchema, (name) => shared.has(name)),
  ];
  for (const [title, schema] of Object.entries(TRAINERS))
    lines.push(...section(title, schema, (name) => !shared.has(name)));
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(title: string, schema: z.ZodObject, isShown: (name: string) => boolean): string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as unknown as {
    properties?: Record<string, Property>;
  };
  const rows = Object.entries(properties).flatMap(([name, property]) => {
    if (!isShown(name)) return [];
    const value = property.default === undefined ? '(none)' : `\`${JSON.stringify(property.default)}\``;
    return [`| \`${name}\` | \`${snakeCase(name)}\` | ${value} | ${allowed(property)} |`];
  });
  return [`## ${title}`, '', '| option | TRL | default | allowed |', '|---|---|---|---|', ...rows, ''];
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function allowed(property: Property): string {
  if (property.anyOf) return property.anyOf.map(allowed).join(' or ');
  if (property.enum) return property.enum.map((value) => `\`${value}\``).join(', ');
  const bound = (sign: string, value: number | undefined) =>
    value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? [] : [`${sign} ${value}`];
  const bounds = [
    ...bound('>=', property.minimum),
    ...bound('>', property.exclusiveMinimum),
    ...bound('<=', property.maximum),
    ...bound('<', property.exclusiveMaximum),
  ];
  return [[property.type ?? 'any'].flat().join(' or '), ...bounds].join(' ');
}
