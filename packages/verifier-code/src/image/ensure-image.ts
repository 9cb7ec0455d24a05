// Finds the Python image in the cache, or builds it there: once a machine and version, a few seconds. Several processes may do
// so at once; each writes its own file and renames it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { CodeVerifierError } from '../errors.ts';
import { entryFile, PACKAGE_FOLDER } from '../package-folder.ts';
import { HARNESS } from './pyodide-files.ts';

/** Raise when the file's form changes. */
const FORMAT = 1;
const BUILD_MS = 120_000;
const building = new Map<string, Promise<void>>();

/**
 * @returns the image's file
 * @throws CodeVerifierError TW_VERIFIER_CODE_INFRASTRUCTURE when it cannot be built
 */
export async function ensureImage(cacheFolder = defaultCacheFolder()): Promise<string> {
  const file = path.join(cacheFolder, `python-${imageKey()}.image`);
  if (existsSync(file)) return file;
  let build = building.get(file);
  if (build === undefined) {
    build = buildImage(file).finally(() => building.delete(file));
    building.set(file, build);
  }
  await build;
  return file;
}

function defaultCacheFolder(): string {
  const chosen = process.env.THINKWRIGHT_VERIFIER_CODE_CACHE;
  const user = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return chosen || path.join(user, 'thinkwright', 'verifier-code');
}

function imageKey(): string {
  const { version } = createRequire(import.meta.url)('pyodide/package.json') as { version: string };
  const hash = createHash('sha256').update(`${FORMAT}`);
  for (const name of [...HARNESS, 'prepare'])
    hash.update(readFileSync(path.join(PACKAGE_FOLDER, 'python', `${name}.py`)));
  return `${version}-${hash.digest('hex').slice(0, 12)}`;
}

async function buildImage(file: string): Promise<void> {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    await new Promise<void>((resolve, reject) => {
      const args = ['--no-warnings', entryFile('image/build-main'), file];
      execFile(process.execPath, args, { timeout: BUILD_MS }, (error, _stdout, stderr) => {
        if (error) reject(new Error(stderr.trim().slice(-2000) || error.message));
        else resolve();
      });
    });
    if (!existsSync(file)) throw new Error('the builder ended without writing it');
  } catch (error) {
    throw new CodeVerifierError(
      'TW_VERIFIER_CODE_INFRASTRUCTURE',
      `the Python image ${file} cannot be built: ${(error as Error).message}. Is the folder writable, and is pyodide installed?`,
    );
  }
}
