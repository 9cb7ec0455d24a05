// What the tables of wrong configurations share: trainers that are right but for what a case gives, and the proof of a refusal: the
// error's class, code and hint, and weights that are as they were.
import { createHash } from 'node:crypto';
import { ChatError, presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine, type LanguageModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { expect } from 'vitest';
import { TrainerError } from '../errors.ts';
import { createPreferenceTrainer } from '../preference/preference-trainer.ts';
import { createRlTrainer } from '../rl/rl-trainer.ts';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import type { Trainer, TrainerEvent } from '../trainer.ts';

export const format = presetFormat('quickstart');
export const size = format.tokenizer.vocabularySize;
export const newModel = () => tinyModel({ seed: 1, vocabularySize: size, layerCount: 1 });
export const rows = (...list: object[]) => arrayDataset('rows', list.map((row) => ({ prompt: '', ...row })) as never);
export const sums = rows({ text: '1+2=3' }, { text: '2+3=5' });
export const problems = arrayDataset('problems', [{ prompt: '1+2=' }, { prompt: '2+2=' }]);

export const sft = (given: object) => (model: LanguageModel) =>
  createSftTrainer({ model, format, dataset: sums, maxSteps: 2, ...given } as never);
export const rl = (given: object) => (model: LanguageModel) =>
  createRlTrainer({
    ...{ model, format, engine: createEngine(model), dataset: problems, reward: () => [1, 0], maxSteps: 2 },
    ...{ numGenerations: 2, perDeviceTrainBatchSize: 2, maxCompletionLength: 3 },
    ...given,
  } as never);
export const preference = (given: object) => (model: LanguageModel) =>
  createPreferenceTrainer({
    ...{ model, format, maxSteps: 1, perDeviceTrainBatchSize: 1 },
    ...{ dataset: arrayDataset('pairs', [{ prompt: '1+2=', chosen: '3', rejected: '4' }]), ...given },
  } as never);
export const UNKNOWN = 'TW_TRAINERS_OPTION_UNKNOWN';
export const INVALID = 'TW_TRAINERS_OPTION_INVALID';
export const CLASH = 'TW_TRAINERS_OPTIONS_CLASH';
export const ROW = 'TW_TRAINERS_ROW_INVALID';
export const NO_ROWS = 'TW_TRAINERS_NO_ROWS';
export const NOTHING = 'TW_TRAINERS_NOTHING_SUPERVISED';
export const SHAPE = 'TW_TRAINERS_SHAPE';
export const MISMATCH = 'TW_TRAINERS_CHECKPOINT_MISMATCH';

export type Case = [what: string, make: (model: LanguageModel) => Trainer, code: string, hint: RegExp];

async function weights(model: LanguageModel): Promise<string> {
  const hash = createHash('sha256');
  for (const tensor of model.namedTensors().values()) hash.update(Buffer.from((await tensor.data()).buffer));
  return hash.digest('hex');
}
/** @param steps that are trained before anything could be known to be wrong. */
export async function expectRefusal(
  make: (model: LanguageModel) => Trainer,
  code: string,
  hint: RegExp,
  steps = 0,
): Promise<void> {
  const model = newModel();
  const before = await weights(model);
  const trained: TrainerEvent[] = [];
  let refusal: unknown;
  try {
    for await (const event of make(model).train()) if (event.type === 'step-end') trained.push(event);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(code.startsWith('TW_CHAT') ? ChatError : TrainerError);
  expect((refusal as TrainerError).code).toBe(code);
  expect((refusal as TrainerError).message).toMatch(hint);
  expect(trained).toHaveLength(steps);
  expect((await weights(model)) === before).toBe(steps === 0);
}
