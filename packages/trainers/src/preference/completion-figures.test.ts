// Log-probs and logits of both sides against their definitions over plain logits, whatever the micro-batches.
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { tinyModel } from '@thinkwright/models/test';
import { createLayout, linear, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, expect, it } from 'vitest';
import { collectEvents } from '../test/index.ts';
import { createPreferenceTrainer } from './preference-trainer.ts';

const format = presetFormat('quickstart');
const { vocabularySize } = format.tokenizer;
const model = () => tinyModel({ seed: 4, vocabularySize, layerCount: 1 });
const rows = ['1+2', '4-1', '5+3', '6-2'].map((prompt, i) => ({
  prompt,
  chosen: `${i}`,
  rejected: `${5 + i}${i}`.repeat(1 + (i % 2)),
}));
const ids = (text: string) => Array.from(format.tokenizer.encode(text, { addSpecialTokens: false }));

/** By the whole [T, V] logits of one completion after another. */
function expected(side: 'chosen' | 'rejected', isAveraged: boolean) {
  const policy = model();
  const logps: number[] = [];
  const logits: number[] = [];
  for (const row of rows) {
    const prompt = ids(row.prompt);
    const all = [...prompt, ...ids(row[side]), format.stopIds[0]!];
    const table = tf.tidy(() => {
      const hidden = policy.hidden(tf.tensor1d(all, 'int32'), createLayout([all.length]));
      return linear(hidden, policy.outputWeight()).arraySync() as number[][];
    });
    const logProbs = all.slice(prompt.length).map((id, t) => {
      const place = table[prompt.length + t - 1]!;
      logits.push(place.reduce((sum, value) => sum + value, 0) / place.length);
      return place[id]! - Math.log(place.reduce((sum, value) => sum + Math.exp(value), 0));
    });
    const sum = logProbs.reduce((total, value) => total + value, 0);
    logps.push(isAveraged ? sum / logProbs.length : sum);
  }
  policy.dispose();
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { logps: mean(logps), logits: mean(logits) };
}

beforeAll(async () => {
  await useDevice('cpu');
});

it.each([
  ['DPO', {}, false],
  ['KTO', { algorithm: 'kto' }, false],
  ['CPO', { algorithm: 'cpo' }, false],
  ['SimPO', { algorithm: 'cpo', referenceFreeLoss: 'simpo' }, true],
  ['ORPO', { algorithm: 'orpo' }, true],
] as const)('%s reports log-probs and logits of both sides', async (_, changes, isAveraged) => {
  const whole = 'algorithm' in changes && changes.algorithm === 'kto' ? 8 : 4; // a pair is two rows of KTO
  for (const perDeviceTrainBatchSize of [whole, whole / 2]) {
    const trainer = createPreferenceTrainer({
      ...{ model: model(), format, dataset: arrayDataset('pairs', rows), shuffleDataset: false, maxSteps: 1 },
      ...{ perDeviceTrainBatchSize, gradientAccumulationSteps: whole / perDeviceTrainBatchSize, ...changes },
    });
    const { summary } = await collectEvents(trainer);
    trainer.dispose();
    for (const side of ['chosen', 'rejected'] as const) {
      const { logps, logits } = expected(side, isAveraged);
      expect(summary.metrics[`logps/${side}`]).toBeCloseTo(logps, 4);
      expect(summary.metrics[`logits/${side}`]).toBeCloseTo(logits, 5);
    }
  }
});
