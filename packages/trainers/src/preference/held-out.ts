// Whether what a preference trainer learns holds on pairs that it never saw: the reward that an algorithm implies, for both sides of held-out pairs,
// from the log-probs of the sampling engine. Of the tests.

import { type ChatFormat, presetFormat } from '@thinkwright/chat';
import { arrayDataset, loadDataset } from '@thinkwright/datasets';
import { createEngine, createModel, type LanguageModel } from '@thinkwright/models';
import { tinyConfig } from '@thinkwright/models/test';
import type { PreferenceOptionsInput } from '../options/preference-options.ts';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import { collectEvents } from '../test/index.ts';
import { createPreferenceTrainer } from './preference-trainer.ts';
import { type ChainPreference, chainPreferences } from './synthetic-preferences.ts';

const format: ChatFormat = presetFormat('quickstart');

/** Shared by what is compared. */
export const schedule = {
  maxSteps: 100,
  perDeviceTrainBatchSize: 16,
  learningRate: 1e-3,
  warmupSteps: 5,
} satisfies PreferenceOptionsInput;

export interface WarmStart {
  hiddenSize: number;
  steps: number;
  seed: number;
}

/** A model that has learnt to write traces, careful ones and hasty ones, from the teacher of the quickstart. */
export async function warmStart({ hiddenSize, steps, seed }: WarmStart): Promise<LanguageModel> {
  const sizes = { hiddenSize, intermediateSize: 2 * hiddenSize, headDimension: hiddenSize / 4, maxPositions: 128 };
  const vocabulary = { vocabularySize: format.tokenizer.vocabularySize, eosTokenIds: format.stopIds };
  const config = tinyConfig({ ...vocabulary, ...sizes, keyValueHeadCount: 4, ropeTheta: 100 });
  const model = createModel(config, { seed, initialization: { embeddingStd: 0.1 } });
  const style = { careful: 0.5, stride: [0.5, 0.5], thinkShare: 1, shortest: 3, longest: 5 };
  const stream = (await loadDataset('last-digit-chains', { split: 'sft', ...style })).stream({ seed });
  const batch = { perDeviceTrainBatchSize: 16, maxSteps: steps, learningRate: 4e-3, warmupSteps: 10 };
  const trainer = createSftTrainer({ model, format, stream, seed, ...batch });
  await collectEvents(trainer);
  trainer.dispose();
  return model;
}

/** Sums of log-probs of both sides, and their lengths in tokens. */
interface Sides {
  chosen: number[];
  rejected: number[];
  lengths: { chosen: number[]; rejected: number[] };
}

async function sidesOf(model: LanguageModel, rows: readonly ChainPreference[]): Promise<Sides> {
  const engine = createEngine(model);
  const side = async (name: 'chosen' | 'rejected') => {
    const sequences = rows.map((row) => {
      const prompt = format.renderPrompt(row.prompt, { mode: row.mode }).ids;
      const completion = format.tokenizer.encode(row[name], { addSpecialTokens: false });
      return { ids: Int32Array.of(...prompt, ...completion, format.stopIds[0]!), from: prompt.length };
    });
    const scores = await engine.score(sequences);
    return { sums: scores.map((own) => own.reduce((a, b) => a + b, 0)), lengths: scores.map(({ length }) => length) };
  };
  const [chosen, rejected] = [await side('chosen'), await side('rejected')];
  await engine.close();
  return {
    chosen: chosen.sums,
    rejected: rejected.sums,
    lengths: { chosen: chosen.lengths, rejected: rejected.lengths },
  };
}

/** How an algorithm compares: with the reference (DPO, KTO), by summed log-probs (CPO), or by their means (SimPO, ORPO). */
export type ImpliedReward = 'reference' | 'sum' | 'mean';

function accuracy(now: Sides, reference: Sides, reward: ImpliedReward): number {
  const of = (side: 'chosen' | 'rejected', i: number) => {
    if (reward === 'mean') return now[side][i]! / now.lengths[side][i]!;
    return reward === 'sum' ? now[side][i]! : now[side][i]! - reference[side][i]!;
  };
  return now.chosen.filter((_, i) => of('chosen', i) > of('rejected', i)).length / now.chosen.length;
}

export interface HeldOutRun {
  options: PreferenceOptionsInput;
  reward: ImpliedReward;
  /** Training pairs, and held-out pairs. */
  pairs: number;
  heldOut: number;
  seed: number;
}

/** Trains the model on pairs of the training problems. @returns accuracy on held-out pairs before and after; before is chance under a reference. */
export async function heldOutAccuracy(model: LanguageModel, { options, reward, pairs, heldOut, seed }: HeldOutRun) {
  const unseen = await chainPreferences('test', heldOut, seed);
  const reference = await sidesOf(model, unseen);
  const dataset = arrayDataset('pairs', await chainPreferences('rl', pairs, seed));
  const trainer = createPreferenceTrainer({ model, format, dataset, seed, ...options });
  const { summary } = await collectEvents(trainer);
  trainer.dispose();
  const before = reward === 'reference' ? undefined : accuracy(reference, reference, reward);
  return {
    before,
    after: accuracy(await sidesOf(model, unseen), reference, reward),
    training: summary.metrics['rewards/accuracies']!,
  };
}
