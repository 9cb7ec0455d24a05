// The page in docs/trainers is the one that the schemas make.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import * as trainers from '../index.ts';
import { optionsPage } from './options-page.ts';

it('docs/trainers/options.md is fresh: run scripts/options-page.ts after changing an option', async () => {
  const page = await readFile(new URL('../../../../docs/trainers/options.md', import.meta.url), 'utf8');
  expect(page).toBe(optionsPage());
  expect(page).toContain('| `learningRate` | `learning_rate` |');
});

it('every trainer of the package has its section', () => {
  const names = Object.keys(trainers).filter((name) => /^create\w*(Trainer|Sampler)$/.test(name));
  expect(names.length).toBeGreaterThanOrEqual(9);
  for (const name of names) expect(optionsPage()).toContain(`## ${name} (`);
});
