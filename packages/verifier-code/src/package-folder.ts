// Where the package's own files are, and whether it runs from its sources or from its build.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** True in this repository, where Node strips the types; false in an installed package. */
export const RUNS_FROM_SOURCE = import.meta.url.endsWith('.ts');

export const PACKAGE_FOLDER = packageFolder();

/** Files that are started or loaded by their place: processes, and what runs inside isolates. */
const ENTRIES = {
  'worker/main': new URL('./worker/main.ts', import.meta.url),
  'image/build-main': new URL('./image/build-main.ts', import.meta.url),
  'doctor/marker-main': new URL('./doctor/marker-main.ts', import.meta.url),
  'doctor/outer-walls-main': new URL('./doctor/outer-walls-main.ts', import.meta.url),
  'sandbox/javascript/solution': new URL('./sandbox/javascript/solution.ts', import.meta.url),
  'sandbox/javascript/checker': new URL('./sandbox/javascript/checker.ts', import.meta.url),
  'sandbox/python/interpreters': new URL('./sandbox/python/interpreters.ts', import.meta.url),
};

export type Entry = keyof typeof ENTRIES;

/** The file of an entry, in `src` or in `dist`. */
export function entryFile(entry: Entry): string {
  return RUNS_FROM_SOURCE ? fileURLToPath(ENTRIES[entry]) : path.join(PACKAGE_FOLDER, 'dist', `${entry}.js`);
}

function packageFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}
