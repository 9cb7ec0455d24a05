// Does an outcome reward model judge what it never saw? Pairs of last-digit chains (a careful and right answer against a hasty or a wrong one), held-out
// problems, three seeds. Under a minute on a quiet machine.
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createClassifier } from '@thinkwright/models';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { warmStart } from '../preference/held-out.ts';
import { chainPreferences } from '../preference/synthetic-preferences.ts';
import { collectEvents } from '../test/index.ts';
import { outcomeScores } from './model-scores.ts';
import { createRewardModelTrainer } from './reward-model-trainer.ts';

const SEEDS = [1, 2, 3];
const HELD_OUT = 400;

describe('an outcome reward model', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it('ranks more than nine in ten held-out pairs right, over three seeds', async () => {
    const format = presetFormat('quickstart');
    const accuracies: number[] = [];
    for (const seed of SEEDS) {
      const model = await warmStart({ hiddenSize: 64, steps: 300, seed });
      const classifier = createClassifier(model, { kind: 'sequence', seed });
      const started = performance.now();
      const trainer = createRewardModelTrainer({
        classifier,
        format,
        dataset: arrayDataset('pairs', await chainPreferences('rl', 4096, seed)),
        maxSteps: 500,
        perDeviceTrainBatchSize: 16,
        learningRate: 1e-3,
        warmupSteps: 5,
        seed,
      });
      const { summary } = await collectEvents(trainer);
      const seconds = (performance.now() - started) / 1000;
      const unseen = await chainPreferences('test', HELD_OUT, seed);
      const scores = async (side: 'chosen' | 'rejected') =>
        outcomeScores(
          classifier,
          unseen.map((row) => {
            const prompt = format.renderPrompt(row.prompt, { mode: row.mode }).ids;
            const completion = format.tokenizer.encode(row[side], { addSpecialTokens: false });
            return Int32Array.of(...prompt, ...completion, format.stopIds[0]!);
          }),
        );
      const [chosen, rejected] = [await scores('chosen'), await scores('rejected')];
      const accuracy = chosen.filter((score, i) => score > rejected[i]!).length / HELD_OUT;
      console.log(
        `seed ${seed}: ${accuracy.toFixed(3)} (training ${summary.metrics.accuracy}) in ${seconds.toFixed(1)} s`,
      );
      accuracies.push(accuracy);
      trainer.dispose();
      classifier.dispose();
    }
    expect(Math.min(...accuracies)).toBeGreaterThan(0.9);
  });
});
