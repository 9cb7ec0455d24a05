// Every algorithm names its paper, every option of an algorithm is in the index, and the page in docs is the one that the code makes.
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ADVANTAGE_ESTIMATORS } from '../advantages/estimators.ts';
import { CORRECTION_MODES } from '../corrections/rollout-correction.ts';
import { KL_ESTIMATORS } from '../kl/estimators.ts';
import { OPTIMIZERS } from '../optimizer/create-optimizer.ts';
import { IMPORTANCE_LEVELS } from '../policy-losses/importance-ratio.ts';
import { LOSS_TYPES } from '../policy-losses/loss-types.ts';
import { REFERENCE_FREE_LOSSES } from '../preference-losses/cpo.ts';
import { DIVERGENCES } from '../preference-losses/f-divergence.ts';
import { UNPAIRED_LOSSES } from '../preference-losses/kto.ts';
import { PAIR_LOSSES } from '../preference-losses/pair-objective.ts';
import { SCHEDULES } from '../schedules/create-schedule.ts';
import { PAPER_ENTRIES } from './entries.ts';
import { PAPERS } from './papers.ts';
import { papersPage, readSource, sourcesIn, sourcesOf } from './papers-page.ts';

/** Folders in which every file is an algorithm, but for tables of names and shared arithmetic. */
const ALGORITHMS = [
  'advantages',
  'aggregation',
  'corrections',
  'entropy',
  'kl',
  'masks',
  'policy-losses',
  'preference-losses',
  'schedules',
];
const NO_ALGORITHM = [
  'advantages/estimators.ts',
  'advantages/statistics.ts',
  'masks/model-tokens.ts',
  'policy-losses/clip-fractions.ts',
  'policy-losses/loss-types.ts',
  'preference-losses/log-sigmoid.ts',
  'preference-losses/pair-objective.ts',
  'schedules/create-schedule.ts',
  'schedules/schedule.ts',
];
const entries = Object.values(PAPER_ENTRIES).flat();

it('docs/trainers/papers.md is fresh: run scripts/papers-page.ts after changing a source', async () => {
  const page = await readFile(new URL('../../../../docs/trainers/papers.md', import.meta.url), 'utf8');
  expect(page).toBe(papersPage());
});

it.each(ALGORITHMS)('every algorithm of %s is in the index', async (folder) => {
  const names = await readdir(new URL(`../${folder}/`, import.meta.url));
  const files = names.filter((name) => /(?<!\.test)\.ts$/.test(name)).map((name) => `${folder}/${name}`);
  const indexed = new Set(entries.map(({ file }) => file));
  expect(files.filter((file) => !indexed.has(file) && !NO_ALGORITHM.includes(file))).toEqual([]);
});

it.each(
  Object.entries({
    lossType: [...LOSS_TYPES, ...PAIR_LOSSES],
    importanceSamplingLevel: IMPORTANCE_LEVELS,
    advantageEstimator: ADVANTAGE_ESTIMATORS,
    klEstimator: KL_ESTIMATORS,
    importanceSamplingMode: CORRECTION_MODES,
    fDivergenceType: DIVERGENCES,
    referenceFreeLoss: REFERENCE_FREE_LOSSES,
    unpairedLoss: UNPAIRED_LOSSES,
    optim: OPTIMIZERS,
    lrSchedulerType: SCHEDULES,
  }),
)('every value of %s is in the index', (option, values) => {
  const missing = values.filter((value) => !entries.some((entry) => entry.option.includes(`${option}: '${value}'`)));
  expect(missing).toEqual([]);
});

it('every indexed file names its source, and no paper that it names is left out', () => {
  for (const file of new Set(entries.map((entry) => entry.file))) {
    const { ids, addresses } = sourcesIn(readSource(file));
    const shown = new Set(entries.filter((entry) => entry.file === file).flatMap(sourcesOf));
    expect({ file, left: [...ids, ...addresses].filter((source) => !shown.has(source)) }).toEqual({ file, left: [] });
    expect({ file, untitled: ids.filter((id) => !(id in PAPERS)) }).toEqual({ file, untitled: [] });
  }
});

it('refuses an algorithm without a paper', () => {
  expect(() => sourcesOf({ option: 'x', file: 'preference-losses/log-sigmoid.ts' })).toThrow(/does not name a paper/);
  expect(() => sourcesOf({ option: 'x', file: 'preference-losses/ipo.ts', sources: ['9999.99999'] })).toThrow(/9999/);
});
