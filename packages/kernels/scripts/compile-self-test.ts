// Compiles native/test and links it with the objects of the addon that is in use. The program tests the kernels; with the
// argument `bench` it prints their speed beside the fma peak.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildAddon } from '../src/build.ts';

const run = promisify(execFile);
const NATIVE = fileURLToPath(new URL('../native', import.meta.url));
const NEEDED = /^(gemm_|kernels_|runtime_(arena|thread-pool|scratch|cpu-features)).*\.o$/;

/** Path of the program, made in `folder` with the compiler `command`. */
export async function compileSelfTest(command: string, folder: string): Promise<string> {
  const flags = ['-std=c++20', '-O1', '-ffp-contract=off', '-Wall', '-Wextra', '-pthread', `-I${NATIVE}`];
  const sources = readdirSync(join(NATIVE, 'test')).filter((file) => file.endsWith('.cc'));
  const queue = [...sources];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await run(command, [...flags, '-c', join(NATIVE, 'test', file), '-o', join(folder, `${file}.o`)]);
    }
  };
  await Promise.all([work(), work()]);
  const program = join(folder, 'self-test');
  const objects = [...(await kernelObjects(folder)), ...sources.map((file) => join(folder, `${file}.o`))];
  await run(command, ['-pthread', ...objects, '-o', program]);
  return program;
}

const objectsIn = (folder: string) =>
  readdirSync(folder)
    .filter((file) => NEEDED.test(file))
    .map((file) => join(folder, file));

async function kernelObjects(folder: string): Promise<string[]> {
  const objects = objectsIn(dirname((await buildAddon()).path));
  if (objects.length > 0) return objects;
  return objectsIn(dirname((await buildAddon({ cacheFolder: join(folder, 'addon') })).path));
}
