import { describe, expect, it } from 'vitest';
import { packSettings, unpackSettings } from './sampling-settings.ts';

describe('packSettings', () => {
  it('takes a setting that is left out or undefined as the neutral one', () => {
    const neutral = unpackSettings(packSettings([{ temperature: 1 }]), 0);
    expect(neutral).toMatchObject({ temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 });
    const undefinedOnes = { temperature: 1, topK: undefined, minP: undefined, presencePenalty: undefined };
    expect(unpackSettings(packSettings([undefinedOnes]), 0)).toEqual(neutral);
  });

  it('keeps each row apart and fills up with neutral rows', () => {
    const packed = packSettings(
      [
        { temperature: 1, topK: 3 },
        { temperature: 0, frequencyPenalty: -1 },
      ],
      3,
    );
    expect(unpackSettings(packed, 0)).toMatchObject({ topK: 3, temperature: 1 });
    expect(unpackSettings(packed, 1)).toMatchObject({ topK: 0, temperature: 0, frequencyPenalty: -1 });
    expect(unpackSettings(packed, 2)).toEqual(unpackSettings(packSettings([{ temperature: 1 }]), 0));
  });

  it('refuses what is out of range, by name', () => {
    expect(() => packSettings([{ temperature: 1, topP: 0 }])).toThrow(/topP is 0, expected a number in \(0, 1\]/);
    expect(() => packSettings([{ temperature: 1, topK: 1.5 }])).toThrow(/topK is 1\.5/);
  });
});
