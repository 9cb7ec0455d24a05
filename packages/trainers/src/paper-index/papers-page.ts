// The paper index: option, paper, file. Titles come from papers.ts, addresses from the sources of the algorithms themselves. Not published;
// `node --conditions=@thinkwright/source scripts/papers-page.ts` writes docs/trainers/papers.md and a test keeps it fresh.

import { readFileSync } from 'node:fs';
import { PAPER_ENTRIES, type PaperEntry } from './entries.ts';
import { PAPERS } from './papers.ts';

const SOURCES = 'packages/trainers/src';

/** What a file names: arXiv ids, and the addresses of pages that are no papers. */
export function sourcesIn(text: string): { ids: string[]; addresses: string[] } {
  const addresses = new Set(
    Array.from(text.matchAll(/https?:\/\/[^\s),;'"`]+/g), ([address]) => address.replace(/[.:]$/, '')),
  );
  const ids = Array.from(addresses).flatMap(
    (address) => address.match(/^https:\/\/arxiv\.org\/abs\/(\d{4}\.\d{4,5})$/)?.[1] ?? [],
  );
  return { ids, addresses: [...addresses].filter((address) => !address.startsWith('https://arxiv.org/')) };
}

export const readSource = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** @throws Error for a file that names no source, or not the one its entry claims. */
export function sourcesOf({ file, option, sources }: PaperEntry): readonly string[] {
  const text = readSource(file);
  const { ids, addresses } = sourcesIn(text);
  const named = sources ?? [...ids, ...addresses];
  const missing = named.find((source) => !text.includes(source));
  if (named.length > 0 && missing === undefined) return named;
  throw new Error(
    `${SOURCES}/${file} does not name ${missing ?? 'a paper'} for ${option}: write its address into the first lines.`,
  );
}

export function papersPage(): string {
  const lines = [
    '# Papers',
    '',
    'Which option is which paper, and the file that holds it. Made from the code by `scripts/papers-page.ts`; do not edit. Each file says the',
    'equation, and where it departs from the paper or from TRL.',
    '',
  ];
  for (const [title, entries] of Object.entries(PAPER_ENTRIES)) {
    lines.push(`## ${title}`, '', '| option | source | file |', '|---|---|---|');
    for (const entry of entries)
      lines.push(
        `| \`${entry.option}\` | ${sourcesOf(entry).map(link).join('; ')} | [\`${entry.file}\`](../../${SOURCES}/${entry.file}) |`,
      );
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function link(source: string): string {
  if (source in PAPERS) return `[${PAPERS[source]}](https://arxiv.org/abs/${source}) (${source})`;
  return source.startsWith('http') ? `<${source}>` : source;
}
