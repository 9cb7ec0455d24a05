// The repetition penalty against its formula, applied to logits of the training forward id by id.

import { collectTrajectories, type RolloutRequest } from '@thinkwright/rollouts';
import { createLayout, linear, listDevices, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../language-model.ts';
import { tinyModel } from '../test/tiny-model.ts';
import { createEngine } from './engine.ts';

const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);
const request = (index: number, repetitionPenalty: number | undefined): RolloutRequest => ({
  key: `prompt-${index}`,
  promptIds: Int32Array.from({ length: 2 + index }, (_, i) => (5 * i + index) % 32),
  samples: 1,
  sampling: { temperature: 0, maxTokens: 12, stopIds: [], seed: 1, repetitionPenalty },
});

/** Greedy ids by RepetitionPenaltyLogitsProcessor of transformers: score < 0 ? score * penalty : score / penalty. */
async function expectedIds(model: LanguageModel, { promptIds, sampling }: RolloutRequest): Promise<number[]> {
  const ids = [...promptIds];
  const { repetitionPenalty = 1, maxTokens } = sampling;
  for (let step = 0; step < maxTokens; step++) {
    const layout = createLayout([ids.length]);
    const logits = tf.tidy(() => linear(model.hidden(tf.tensor1d(ids, 'int32'), layout), model.outputWeight()));
    const scores = [...(await logits.data()).slice(-model.config.vocabularySize)];
    logits.dispose();
    layout.dispose();
    for (const id of new Set(ids))
      scores[id] = scores[id]! < 0 ? scores[id]! * repetitionPenalty : scores[id]! / repetitionPenalty;
    ids.push(scores.indexOf(Math.max(...scores)));
  }
  return ids.slice(promptIds.length);
}

for (const device of devices.filter((name) => name === 'cpu' || name === 'native'))
  describe(`repetition penalty on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    it.each([
      ['all rows', [8, 8, 8]],
      ['some rows', [undefined, 1.3, 8]],
    ])('follows its formula for %s of a batch', async (_, penalties) => {
      const model = tinyModel({ seed: 4 });
      const requests = penalties.map((penalty, index) => request(index, penalty));
      const groups = await collectTrajectories(createEngine(model, { maxBatch: 4 }), requests);
      for (const [index, one] of requests.entries())
        expect([...groups[index]![0]!.ids]).toEqual(await expectedIds(model, one));
      const [plain] = await collectTrajectories(createEngine(model), [request(2, undefined)]);
      expect([...plain![0]!.ids]).not.toEqual([...groups[2]![0]!.ids]);
      model.dispose();
    });
  });

it('a penalty that is none is refused', async () => {
  await useDevice('cpu');
  const model = tinyModel({ seed: 4 });
  const refused = collectTrajectories(createEngine(model), [request(0, 0)]);
  await expect(refused).rejects.toMatchObject({ code: 'TW_ROLLOUTS_BAD_SAMPLING' });
  model.dispose();
});
