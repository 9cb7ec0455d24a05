// What transformers 5.23 keeps of two rows of logits, each rule alone: the fake engine's table must agree.
import { describe, expect, it } from 'vitest';
import { ruledOut, typicalAndLikely, withinEntropy } from './sampling-rules.ts';
import type { Sampling } from './types.ts';

const prompts = [
  [5, 6, 7, 5, 6, 7, 5],
  [16, 8, 20, 17, 6, 9, 21],
];
const logits = [
  [
    1.6708984375, 3.94921875, 3.7939453125, -1.8994140625, -0.5263671875, 0.6259765625, 2.4169921875, 2.080078125,
    -0.7333984375, -0.6533203125, -2.341796875, 0.220703125, 1.4033203125, 1.833984375, -3.048828125, -1.548828125,
    -1.4658203125, 0.68359375, 2.1806640625, 1.8388671875, -3.84375, -1.0146484375, 1.0693359375, -2.9453125,
  ],
  [
    3.3837890625, 0.2578125, 1.662109375, 1.26953125, -0.1123046875, -0.4736328125, 0.99609375, 2.3662109375,
    2.00390625, 3.1435546875, 2.08203125, -0.533203125, -0.1025390625, -1.04296875, -3.005859375, 1.2509765625,
    1.029296875, -1.720703125, -0.44140625, -1.3388671875, 1.2607421875, 1.4228515625, 1.4404296875, 1.9580078125,
  ],
];
const base: Sampling = { temperature: 1, maxTokens: 4, stopIds: [1], seed: 0 };

const kept: [rule: Partial<Sampling>, keptOfEachRow: number[][]][] = [
  [
    { typicalP: 0.7 },
    [
      [1, 2, 6, 18],
      [0, 2, 3, 7, 8, 9, 10, 15, 20, 21, 22, 23],
    ],
  ],
  [
    { epsilonCutoff: 0.02 },
    [
      [0, 1, 2, 6, 7, 12, 13, 18, 19],
      [0, 2, 3, 6, 7, 8, 9, 10, 15, 16, 20, 21, 22, 23],
    ],
  ],
  [
    { etaCutoff: 0.02 },
    [
      [0, 1, 2, 6, 7, 12, 13, 18, 19],
      [0, 2, 3, 6, 7, 8, 9, 10, 15, 16, 20, 21, 22, 23],
    ],
  ],
  [
    { topH: 0.6 },
    [
      [1, 2, 6, 18],
      [0, 7, 8, 9, 10, 23],
    ],
  ],
  [
    { noRepeatNgramSize: 2 },
    [
      [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
    ],
  ],
  [
    { minNewTokens: 3 },
    [
      [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
      [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
    ],
  ],
  [
    { suppressTokens: [4, 5] },
    [
      [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
      [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
    ],
  ],
];

describe.each(kept)('%j', (rule, expected) => {
  it.each([0, 1])('keeps of row %i what transformers keeps', (row) => {
    const sampling = { ...base, ...rule };
    const out = ruledOut(sampling, prompts[row]!, [], logits[row]!.length);
    const possible = logits[row]!.map((_, id) => id).filter((id) => !out.has(id));
    const likeliestFirst = possible.sort((a, b) => logits[row]![b]! - logits[row]![a]!);
    const left = typicalAndLikely(withinEntropy(likeliestFirst, logits[row]!, sampling.topH), logits[row]!, sampling);
    expect(left.sort((a, b) => a - b)).toEqual(expected[row]);
  });
});
