// The comparisons with TRL find wrong formulae. Those of grpo/windows and grpo/adaptive-entropy are relative to the largest term that a
// loss sums, which must not hide a mistake. Each mistake is made in the formula itself, and must be seen in the loss of every case that
// it concerns, in the public files and in files of another seed.
import { tf, useDevice } from '@thinkwright/tensors';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as Aggregation from '../aggregation/aggregation.ts';
import type * as Entropy from '../entropy/adaptive-entropy.ts';
import type * as Estimators from '../kl/estimators.ts';
import type * as Clipping from '../policy-losses/clipped-surrogate.ts';
import { adaptiveEntropyParity } from './grpo-variants.ts';
import { grpoWindowsParity } from './grpo-windows.ts';
import { readCases } from './parity-folder.ts';

interface Mistakes {
  windowNormaliser?: (right: typeof Aggregation.windowNormaliser) => typeof Aggregation.windowNormaliser;
  clippedSurrogate?: (right: typeof Clipping.clippedSurrogate) => typeof Clipping.clippedSurrogate;
  klEstimate?: (right: typeof Estimators.klEstimate) => typeof Estimators.klEstimate;
  entropyBonus?: (right: typeof Entropy.entropyBonus) => typeof Entropy.entropyBonus;
}
type Name = keyof Mistakes;

/** The mistake that the formulae make now. */
const now = vi.hoisted(() => ({ mistakes: {} as Mistakes }));
type AnyFunction = (...parameters: never[]) => unknown;
const withMistakes = vi.hoisted(() => async (original: () => Promise<unknown>, name: Name) => {
  const module = (await original()) as Record<Name, AnyFunction>;
  const right = module[name];
  const made = (...parameters: never[]) => {
    const mistake = now.mistakes[name] as ((right: AnyFunction) => AnyFunction) | undefined;
    return (mistake === undefined ? right : mistake(right))(...parameters);
  };
  return { ...module, [name]: made };
});
vi.mock('../aggregation/aggregation.ts', (original) => withMistakes(original, 'windowNormaliser'));
vi.mock('../policy-losses/clipped-surrogate.ts', (original) => withMistakes(original, 'clippedSurrogate'));
vi.mock('../kl/estimators.ts', (original) => withMistakes(original, 'klEstimate'));
vi.mock('../entropy/adaptive-entropy.ts', (original) => withMistakes(original, 'entropyBonus'));

beforeAll(async () => {
  await useDevice('cpu');
});
afterEach(() => {
  now.mistakes = {};
});

const publicFiles = new URL('./fixtures', import.meta.url).pathname;
const otherSeed = (seed: number) => `${publicFiles}/seed-${seed}`;

/** Cases whose `what` misses its tolerance. */
async function missed(family: typeof grpoWindowsParity, folder: string, what: string, mistakes: Mistakes) {
  now.mistakes = mistakes;
  const { failures } = await family(folder);
  return failures.filter((failure) => failure.what === what).map(({ id }) => id);
}

const otherAggregation =
  (from: Aggregation.Aggregation, to: Aggregation.Aggregation): NonNullable<Mistakes['windowNormaliser']> =>
  (right) =>
  (aggregation, lengths, most) =>
    right(aggregation === from ? to : aggregation, lengths, most);

/** Of windows.jsonl: [what is wrong, how, the loss types it concerns]. */
const WINDOW_MISTAKES: [string, Mistakes, RegExp][] = [
  [
    'the mean of the sequences, not of the tokens',
    { windowNormaliser: otherAggregation('dapo', 'grpo') },
    /dapo|vespo/,
  ],
  ['the mean of the tokens, not of the sequences', { windowNormaliser: otherAggregation('grpo', 'dapo') }, /-grpo-/],
  [
    'a window that lacks its last sequence',
    { windowNormaliser: (right) => (kind, lengths, most) => right(kind, Array.from(lengths).slice(0, -1), most) },
    /./,
  ],
  [
    'a window with one token too many',
    {
      windowNormaliser: (right) => (kind, lengths, most) =>
        right(kind, [...Array.from(lengths).slice(1), lengths[0]! + 1], most),
    },
    /dapo|vespo/,
  ],
  [
    'the larger of the clipped and the plain ratio, not the smaller',
    { clippedSurrogate: (right) => (ratio, advantages, options) => tf.neg(right(ratio, tf.neg(advantages), options)) },
    /dapo|-grpo-/,
  ],
  [
    'a clip range that is 1 % too wide',
    {
      clippedSurrogate:
        (right) =>
        (ratio, advantages, { epsilon, epsilonHigh, delta }) =>
          right(ratio, advantages, { epsilon: 1.01 * epsilon, epsilonHigh: 1.01 * epsilonHigh, delta }),
    },
    /dapo|-grpo-/,
  ],
  [
    'the KL term with the other sign',
    {
      klEstimate:
        (right) =>
        (...given) =>
          tf.neg(right(...given)),
    },
    /./,
  ],
  [
    'k2 in place of k3',
    {
      klEstimate:
        (right) =>
        (_, ...given) =>
          right('k2', ...given),
    },
    /./,
  ],
];

describe.each([
  ['the public files', publicFiles],
  ['seed 404', otherSeed(404)],
])('grpo/windows of %s', (_, folder) => {
  it('agrees', async () => {
    expect((await grpoWindowsParity(folder)).failures).toEqual([]);
  });

  it.each(WINDOW_MISTAKES)('finds %s', async (_, mistakes, concerned) => {
    const found = await missed(grpoWindowsParity, folder, 'loss of the window', mistakes);
    const all = readCases(folder, 'grpo/windows.jsonl').map(({ id }) => id);
    expect(found.sort()).toEqual(all.filter((id) => concerned.test(id)).sort());
  });
});

describe.each([
  ['the public files', publicFiles],
  ['seed 404', otherSeed(404)],
])('grpo/adaptive-entropy of %s', (_, folder) => {
  it.each<[string, Mistakes]>([
    [
      'a bonus with the other sign',
      {
        entropyBonus:
          (right) =>
          (...given) =>
            -right(...given),
      },
    ],
    [
      'a bonus that is 1 % too large',
      {
        entropyBonus:
          (right) =>
          (...given) =>
            1.01 * right(...given),
      },
    ],
    [
      'a bonus above the target too',
      {
        entropyBonus:
          () =>
          ({ coefficient, entropy }) =>
            entropy === null ? 0 : coefficient,
      },
    ],
    [
      'a bonus before the first window',
      { entropyBonus: (right) => (state, options) => right({ ...state, entropy: state.entropy ?? 0 }, options) },
    ],
    ['the mean of the sequences', { windowNormaliser: otherAggregation('dapo', 'grpo') }],
    [
      'a window that lacks its last sequence',
      { windowNormaliser: (right) => (kind, lengths, most) => right(kind, Array.from(lengths).slice(0, -1), most) },
    ],
  ])('finds %s in both cases', async (_, mistakes) => {
    expect((await adaptiveEntropyParity(folder)).failures).toEqual([]);
    expect(new Set(await missed(adaptiveEntropyParity, folder, 'loss', mistakes)).size).toBe(2);
  });
});
