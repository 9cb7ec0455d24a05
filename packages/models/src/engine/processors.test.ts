// Penalties and rules against their formulas, applied to logits of the training forward id by id.

import { collectTrajectories, type RolloutRequest, type Sampling } from '@thinkwright/rollouts';
import { createLayout, linear, listDevices, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../language-model.ts';
import { tinyModel } from '../test/tiny-model.ts';
import { createEngine } from './engine.ts';

const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);
type Processors = Partial<Omit<Sampling, 'temperature' | 'maxTokens' | 'seed'>>;
const request = (index: number, processors: Processors): RolloutRequest => ({
  key: `prompt-${index}`,
  promptIds: Int32Array.from({ length: 2 + index }, (_, i) => (5 * i + index) % 32),
  samples: 1,
  sampling: { temperature: 0, maxTokens: 12, stopIds: [], seed: 1, ...processors },
});

/**
 * Greedy ids and log-probs. RepetitionPenaltyLogitsProcessor of transformers: score < 0 ? score * penalty : score / penalty;
 * then, as OpenAI's reference says, score -= count * frequency + (count > 0) * presence, of what was sampled; then what may not come.
 */
async function expected(model: LanguageModel, { promptIds, sampling }: RolloutRequest): Promise<[number[], number[]]> {
  const ids = [...promptIds];
  const logProbs: number[] = [];
  const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0, maxTokens } = sampling;
  const { noRepeatNgramSize = 0, minNewTokens = 0, suppressTokens = [], stopIds } = sampling;
  for (let step = 0; step < maxTokens; step++) {
    const layout = createLayout([ids.length]);
    const logits = tf.tidy(() => linear(model.hidden(tf.tensor1d(ids, 'int32'), layout), model.outputWeight()));
    const scores = [...(await logits.data()).slice(-model.config.vocabularySize)];
    logits.dispose();
    layout.dispose();
    for (const id of new Set(ids))
      scores[id] = scores[id]! < 0 ? scores[id]! * repetitionPenalty : scores[id]! / repetitionPenalty;
    const sampled = ids.slice(promptIds.length);
    for (const id of new Set(sampled)) {
      const count = sampled.filter((one) => one === id).length;
      scores[id] = scores[id]! - count * frequencyPenalty - presencePenalty;
    }
    for (const id of suppressTokens) scores[id] = Number.NEGATIVE_INFINITY;
    if (step < minNewTokens) for (const id of stopIds) scores[id] = Number.NEGATIVE_INFINITY;
    for (const id of scores.keys())
      if (noRepeatNgramSize > 0 && repeats([...ids, id], noRepeatNgramSize)) scores[id] = Number.NEGATIVE_INFINITY;
    const best = Math.max(...scores);
    ids.push(scores.indexOf(best));
    logProbs.push(-Math.log(scores.reduce((sum, score) => sum + Math.exp(score - best), 0)));
    if (stopIds.includes(ids.at(-1)!)) break;
  }
  return [ids.slice(promptIds.length), logProbs];
}

/** Whether the last n ids came before. */
function repeats(ids: number[], size: number): boolean {
  const grams = ids.slice(size - 1).map((_, start) => ids.slice(start, start + size).join());
  return grams.slice(0, -1).includes(grams.at(-1)!);
}

for (const device of devices.filter((name) => name === 'cpu' || name === 'native'))
  describe(`processors on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    const everyId = Array.from({ length: 32 }, (_, id) => id);
    const repetition = (repetitionPenalty: number) => ({ repetitionPenalty });
    it.each<[string, Processors[]]>([
      ['repetition, all rows', [repetition(8), repetition(8), repetition(8)]],
      ['repetition, some rows', [{}, repetition(1.3), repetition(8)]],
      ['frequency', [{ frequencyPenalty: 0.5 }, { frequencyPenalty: 2 }, { frequencyPenalty: -1 }]],
      ['presence', [{ presencePenalty: 2 }, {}, { presencePenalty: 0.4 }]],
      ['n-grams, some rows', [{ noRepeatNgramSize: 1 }, { noRepeatNgramSize: 2 }, {}]],
      ['suppressed ids', [{ suppressTokens: everyId.slice(0, 30) }, {}, { suppressTokens: everyId.slice(5, 25) }]],
      [
        'the least length',
        [
          { minNewTokens: 3, stopIds: everyId.slice(0, 28) },
          { minNewTokens: 12, stopIds: [7, 9] },
        ],
      ],
      [
        'the least length with penalties',
        [{ minNewTokens: 4, stopIds: everyId.slice(0, 24), frequencyPenalty: 2 }, { noRepeatNgramSize: 1 }],
      ],
      ['rules with penalties', [{ ...repetition(8), noRepeatNgramSize: 2, suppressTokens: [3, 4] }, repetition(8)]],
      ['all penalties', [{ repetitionPenalty: 1.2, frequencyPenalty: 0.3, presencePenalty: 0.5 }, {}, repetition(8)]],
    ])('%s: follows its formula', async (_, processors) => {
      const model = tinyModel({ seed: 4 });
      const requests = processors.map((one, index) => request(index, one));
      const groups = await collectTrajectories(createEngine(model, { maxBatch: 2 }), requests);
      for (const [index, one] of requests.entries()) {
        const [ids, logProbs] = await expected(model, one);
        expect([...groups[index]![0]!.ids]).toEqual(ids);
        for (const [i, logProb] of groups[index]![0]!.logProbs.entries())
          expect(Math.abs(logProb - logProbs[i]!)).toBeLessThan(2e-5);
      }
      const plain = await collectTrajectories(
        createEngine(model),
        processors.map((_, index) => request(index, {})),
      );
      expect(groups.map(([one]) => [...one!.ids])).not.toEqual(plain.map(([one]) => [...one!.ids]));
      model.dispose();
    });
  });

it('captured steps and eager ones give the same ids and log-probs', async () => {
  await useDevice(devices.includes('native') ? 'native' : 'cpu');
  const model = tinyModel({ seed: 4 });
  const drawn: Processors[] = [
    { minNewTokens: 5, stopIds: [1, 2, 3, 4, 5, 6, 7, 8] },
    { topH: 0.7, etaCutoff: 0.05 },
    { typicalP: 0.6, noRepeatNgramSize: 2 },
    {},
    { frequencyPenalty: 0.5 },
  ];
  const requests = drawn.map((one, index) => {
    const { sampling, ...rest } = request(index, one);
    return { ...rest, samples: 3, sampling: { ...sampling, temperature: 0.8 } };
  });
  const [captured, eager, crowded] = await Promise.all(
    [{}, { capture: false }, { maxBatch: 2 }].map((options) =>
      collectTrajectories(createEngine(model, options), requests),
    ),
  );
  expect(eager).toEqual(captured);
  expect(crowded).toEqual(captured);
  model.dispose();
});

it.each([
  ['repetitionPenalty', 0],
  ['frequencyPenalty', 2.5],
  ['presencePenalty', Number.NaN],
  ['noRepeatNgramSize', 1.5],
  ['minNewTokens', 13],
  ['typicalP', 1.1],
  ['topH', Number.NaN],
])('%s of %d is refused', async (name, value) => {
  await useDevice('cpu');
  const model = tinyModel({ seed: 4 });
  const refused = collectTrajectories(createEngine(model), [request(0, { [name]: value })]);
  await expect(refused).rejects.toMatchObject({ code: 'TW_ROLLOUTS_BAD_SAMPLING' });
  model.dispose();
});
