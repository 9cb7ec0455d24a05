// The penalties against their formulas, applied to logits of the training forward id by id.

import { collectTrajectories, type RolloutRequest, type Sampling } from '@thinkwright/rollouts';
import { createLayout, linear, listDevices, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../language-model.ts';
import { tinyModel } from '../test/tiny-model.ts';
import { createEngine } from './engine.ts';

const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);
type Penalties = Pick<Sampling, 'repetitionPenalty' | 'frequencyPenalty' | 'presencePenalty'>;
const request = (index: number, penalties: Penalties): RolloutRequest => ({
  key: `prompt-${index}`,
  promptIds: Int32Array.from({ length: 2 + index }, (_, i) => (5 * i + index) % 32),
  samples: 1,
  sampling: { temperature: 0, maxTokens: 12, stopIds: [], seed: 1, ...penalties },
});

/**
 * Greedy ids and log-probs. RepetitionPenaltyLogitsProcessor of transformers: score < 0 ? score * penalty : score / penalty;
 * then, as OpenAI's reference says, score -= count * frequency + (count > 0) * presence, of what was sampled.
 */
async function expected(model: LanguageModel, { promptIds, sampling }: RolloutRequest): Promise<[number[], number[]]> {
  const ids = [...promptIds];
  const logProbs: number[] = [];
  const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0, maxTokens } = sampling;
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
    const best = Math.max(...scores);
    ids.push(scores.indexOf(best));
    logProbs.push(-Math.log(scores.reduce((sum, score) => sum + Math.exp(score - best), 0)));
  }
  return [ids.slice(promptIds.length), logProbs];
}

for (const device of devices.filter((name) => name === 'cpu' || name === 'native'))
  describe(`penalties on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    const repetition = (repetitionPenalty: number) => ({ repetitionPenalty });
    it.each<[string, Penalties[]]>([
      ['repetition, all rows', [repetition(8), repetition(8), repetition(8)]],
      ['repetition, some rows', [{}, repetition(1.3), repetition(8)]],
      ['frequency', [{ frequencyPenalty: 0.5 }, { frequencyPenalty: 2 }, { frequencyPenalty: -1 }]],
      ['presence', [{ presencePenalty: 2 }, {}, { presencePenalty: 0.4 }]],
      ['all of them', [{ repetitionPenalty: 1.2, frequencyPenalty: 0.3, presencePenalty: 0.5 }, {}, repetition(8)]],
    ])('%s: follows its formula', async (_, penalties) => {
      const model = tinyModel({ seed: 4 });
      const requests = penalties.map((one, index) => request(index, one));
      const groups = await collectTrajectories(createEngine(model, { maxBatch: 2 }), requests);
      for (const [index, one] of requests.entries()) {
        const [ids, logProbs] = await expected(model, one);
        expect([...groups[index]![0]!.ids]).toEqual(ids);
        for (const [i, logProb] of groups[index]![0]!.logProbs.entries())
          expect(Math.abs(logProb - logProbs[i]!)).toBeLessThan(2e-5);
      }
      const plain = await collectTrajectories(
        createEngine(model),
        penalties.map((_, index) => request(index, {})),
      );
      expect(groups.map(([one]) => [...one!.ids])).not.toEqual(plain.map(([one]) => [...one!.ids]));
      model.dispose();
    });
  });

it.each([
  ['repetitionPenalty', 0],
  ['frequencyPenalty', 2.5],
  ['presencePenalty', Number.NaN],
])('%s of %d is refused', async (name, value) => {
  await useDevice('cpu');
  const model = tinyModel({ seed: 4 });
  const refused = collectTrajectories(createEngine(model), [request(0, { [name]: value })]);
  await expect(refused).rejects.toMatchObject({ code: 'TW_ROLLOUTS_BAD_SAMPLING' });
  model.dispose();
});
