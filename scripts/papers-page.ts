// node --conditions=@thinkwright/source scripts/papers-page.ts: writes docs/trainers/papers.md from the sources of the algorithms.
import { writeFileSync } from 'node:fs';
import { papersPage } from '../packages/trainers/src/paper-index/papers-page.ts';

writeFileSync(new URL('../docs/trainers/papers.md', import.meta.url), papersPage());
