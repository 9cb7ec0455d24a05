// node --conditions=@thinkwright/source scripts/options-page.ts: writes docs/trainers/options.md from the schemas of the options.
import { mkdirSync, writeFileSync } from 'node:fs';
import { optionsPage } from '../packages/trainers/src/options/options-page.ts';

const folder = new URL('../docs/trainers/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('options.md', folder), optionsPage());
