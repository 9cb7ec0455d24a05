// The likeliest ids against the log-probs that `score` gives to every id of the vocabulary.
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../test/tiny-model.ts';
import { createEngine } from './engine.ts';

describe('scoreTopK', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  it('agrees with score on every token, at any temperature', async () => {
    const model = tinyModel({ seed: 3, vocabularySize: 20 });
    const engine = createEngine(model);
    const ids = Int32Array.of(1, 7, 4, 12);
    const from = 2;
    for (const temperature of [1, 0.7]) {
      const [top] = await engine.scoreTopK!([{ ids, from }], { topK: 5, temperature });
      for (let place = from; place < ids.length; place++) {
        const tried = Array.from({ length: 20 }, (_, id) => Int32Array.of(...ids.subarray(0, place), id));
        const scores = await engine.score(
          tried.map((sequence) => ({ ids: sequence, from: place })),
          { temperature },
        );
        const ranked = scores.map(([score], id) => [id, score!] as const).sort((a, b) => b[1] - a[1]);
        for (let i = 0; i < 5; i++) {
          const at = (place - from) * 5 + i;
          expect(top!.ids[at]).toBe(ranked[i]![0]);
          expect(Math.abs(top!.logProbs[at]! - ranked[i]![1])).toBeLessThan(1e-5);
        }
      }
    }
    model.dispose();
  });

  it('refuses more tokens than there are', async () => {
    const model = tinyModel({ vocabularySize: 20 });
    const engine = createEngine(model);
    await expect(engine.scoreTopK!([{ ids: Int32Array.of(1, 2), from: 1 }], { topK: 21 })).rejects.toThrow(
      /topK is 21/,
    );
    await engine.close();
    await expect(engine.scoreTopK!([], { topK: 1 })).rejects.toMatchObject({ code: 'TW_ROLLOUTS_CLOSED' });
    model.dispose();
  });
});
