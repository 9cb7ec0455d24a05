// Against torch's ReduceLROnPlateau, learning rate by learning rate.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { afterPlateauEvaluation, type PlateauOptions, startPlateau } from './reduce-on-plateau.ts';

interface Case {
  name: string;
  mode: 'min' | 'max';
  options: PlateauOptions;
  values: (number | null)[];
  learningRates: number[];
}
const file = new URL('reduce-on-plateau.fixture.json', import.meta.url);
const { cases } = JSON.parse(await readFile(file, 'utf8')) as { cases: Case[] };

it.each(cases)('$name', ({ mode, options, values, learningRates }) => {
  let plateau = startPlateau(0.02);
  const seen = values.map((value) => {
    plateau = afterPlateauEvaluation(plateau, value ?? Number.NaN, mode === 'max', options);
    return plateau.learningRate;
  });
  expect(seen).toEqual(learningRates);
});

it('the state survives JSON, also before the first evaluation', () => {
  const fresh = startPlateau(0.02);
  expect(JSON.parse(JSON.stringify(fresh))).toEqual(fresh);
});
