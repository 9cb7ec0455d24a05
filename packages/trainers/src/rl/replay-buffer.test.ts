// The buffer keeps what teaches most, forgets what is old, and draws the same after a round trip through JSON.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayBuffer } from './replay-buffer.ts';
import type { Rollout } from './rollout.ts';

const group = (name: string, rewards: number[], sampledAt = 0): Rollout[] =>
  rewards.map((reward, sample) => ({
    key: name,
    sample,
    group: 0,
    promptIds: Int32Array.of(1, 2),
    ids: Int32Array.of(3, 4),
    samplerLogProbs: Float32Array.of(-0.1, -0.2),
    oldLogProbs: Float32Array.of(-0.1, -1 / 3),
    finish: 'stop',
    reward,
    parts: { accuracy: reward },
    advantage: 0,
    zeroSignal: false,
    sampledAt,
  }));
const names = (groups: Rollout[][]) => groups.map(([first]) => first!.key).sort();

describe('ReplayBuffer', () => {
  it('keeps the groups whose rewards differ most, and none that agree', () => {
    const buffer = new ReplayBuffer(2, 1);
    buffer.add([
      group('half', [0, 0.5]),
      group('flat', [1, 1]),
      group('one', [0, 1]),
      group('unscored', [Number.NaN, 1]),
    ]);
    buffer.add([group('two', [0, 2])]);
    expect(buffer.size).toBe(2);
    expect(names(buffer.draw(5, 0))).toEqual(['one', 'two']);
  });

  it('forgets by age', () => {
    const buffer = new ReplayBuffer(4, 1);
    buffer.add([group('old', [0, 1], 3), group('young', [0, 1], 8)]);
    buffer.forgetOlder(10, 4);
    expect(names(buffer.draw(2, 0))).toEqual(['young']);
  });

  it('draws different groups, more often those that teach more, the same for the same generation', () => {
    const buffer = new ReplayBuffer(3, 7);
    buffer.add([group('much', [0, 3]), group('little', [0, 1])]);
    const firsts = Array.from({ length: 400 }, (_, generation) => buffer.draw(1, generation)[0]![0]!.key);
    const share = firsts.filter((name) => name === 'much').length / firsts.length;
    expect(Math.abs(share - 0.75)).toBeLessThan(0.08); // weights 3 to 1; four deviations of 400 draws
    expect(names(buffer.draw(2, 5))).toEqual(['little', 'much']);
    expect(buffer.draw(2, 5)).toEqual(buffer.draw(2, 5));
  });

  it('is the same after a checkpoint', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -5, max: 5 }), { minLength: 2, maxLength: 5 }), (rewards) => {
        const buffer = new ReplayBuffer(3, 2);
        const plain = rewards.map((reward) => reward + 0); // JSON has no -0
        buffer.add([group('a', plain), group('b', [0, 1])]);
        const again = new ReplayBuffer(3, 2);
        again.restore(JSON.parse(JSON.stringify(buffer.state())));
        expect(again.draw(3, 4)).toEqual(buffer.draw(3, 4));
      }),
    );
  });
});
