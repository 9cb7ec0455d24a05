// Does a process reward model learn from people's labels? A small one from scratch, on three quarters of the problems of PRM800K's phase-1 test
// labels; measured on the steps of the others. Chance is an area under the ROC curve of 0.5; the interval resamples problems, because the steps of
// one problem are not independent. A minute or two.
import { createWordTokenizer } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createClassifier, createModel } from '@thinkwright/models';
import { uniform, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectEvents } from '../test/index.ts';
import { stepScores } from './model-scores.ts';
import { prm800kFixture } from './prm800k-fixture.ts';
import { type LabelledSolution, type Prm800kRow, prm800kSolutions } from './prm800k-solutions.ts';
import { createProcessRewardTrainer } from './process-reward-trainer.ts';

const RESAMPLES = 1000;
const SEED = 1;

/** What a small model can look at: the start of the problem, the step before, and the step. */
const shortened = (problem: Prm800kRow): LabelledSolution[] =>
  prm800kSolutions(problem).map(({ prompt, completions, labels }) => ({
    prompt: prompt.slice(0, 200),
    completions: completions.slice(-2),
    labels: labels.slice(-2),
  }));

/** Characters, and the words that occur often. */
function tokenizerFor(train: readonly LabelledSolution[], all: readonly LabelledSolution[]) {
  const textOf = ({ prompt, completions }: LabelledSolution) => [prompt, ...completions].join('\n');
  const counts = new Map<string, number>();
  for (const word of train.flatMap((row) => textOf(row).match(/[A-Za-z]{2,}/g) ?? []))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts].filter(([, count]) => count >= 20).map(([word]) => word);
  const characters = new Set(['\n', ...all.flatMap((row) => [...textOf(row)])]);
  return createWordTokenizer(['<|end|>', '<|pad|>', ...characters, ...words], { eos: '<|end|>', pad: '<|pad|>' });
}

/** Probability that a right step scores above a wrong one (Mann and Whitney). */
function areaUnderCurve(scored: readonly { score: number; right: boolean }[]): number {
  const sorted = scored.toSorted((a, b) => a.score - b.score);
  let ranks = 0;
  let positives = 0;
  for (const [index, { right }] of sorted.entries()) {
    if (!right) continue;
    ranks += index + 1;
    positives++;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (sorted.length - positives));
}

describe('a process reward model on PRM800K', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it('tells right steps from wrong ones on problems that it has not seen', async () => {
    const problems = prm800kFixture();
    const isHeldOut = (_: unknown, index: number) => index % 4 === 3;
    const heldOut = problems.filter(isHeldOut).map(shortened);
    const train = problems.filter((problem, index) => !isHeldOut(problem, index)).flatMap(shortened);
    const tokenizer = tokenizerFor(train, [...train, ...heldOut.flat()]);
    const model = createModel(
      {
        modelType: 'llama',
        vocabularySize: tokenizer.vocabularySize,
        hiddenSize: 64,
        intermediateSize: 128,
        layerCount: 2,
        headCount: 4,
        keyValueHeadCount: 4,
        headDimension: 16,
        maxPositions: 1024,
        ropeTheta: 1000,
        rmsNormEpsilon: 1e-5,
        tieWordEmbeddings: true,
        attentionBias: false,
        mlpBias: false,
        eosTokenIds: [0],
      },
      { seed: SEED, initialization: { embeddingStd: 0.1 } },
    );
    const classifier = createClassifier(model, { kind: 'token', seed: SEED });
    const trainer = createProcessRewardTrainer({
      classifier,
      tokenizer,
      seed: SEED,
      dataset: arrayDataset('steps', train),
      maxSteps: 100,
      perDeviceTrainBatchSize: 32,
      trainOnLastStepOnly: true,
      maxLength: 512,
      learningRate: 1e-3,
      warmupSteps: 10,
      weightDecay: 0.1,
    });
    await collectEvents(trainer);
    const settings = { tokenizer, stepSeparator: '\n', batchSize: 32 };
    const scored = await Promise.all(
      heldOut.map(async (rows) => {
        const solutions = rows.map(({ prompt, completions }) => ({ prompt, steps: completions }));
        const scores = await stepScores(classifier, solutions, settings);
        return rows.map(({ labels }, i) => ({ score: scores[i]!.at(-1)!, right: labels.at(-1)! }));
      }),
    );
    const area = areaUnderCurve(scored.flat());
    const resampled = Array.from({ length: RESAMPLES }, (_, sample) =>
      areaUnderCurve(scored.flatMap((_own, i) => scored[Math.floor(uniform(SEED, sample, i) * scored.length)]!)),
    ).sort((a, b) => a - b);
    const [low, high] = [0.025, 0.975].map((share) => resampled[Math.floor(share * RESAMPLES)]!);
    console.log(
      `${scored.flat().length} steps of ${scored.length} problems: area ${area.toFixed(3)} [${low!.toFixed(3)}, ${high!.toFixed(3)}]`,
    );
    expect(low).toBeGreaterThan(0.5);
    trainer.dispose();
    classifier.dispose();
  });
});
