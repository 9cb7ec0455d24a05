// Compiles the kernels and their self-test for 64-bit Arm with a cross compiler into one static program, to be run under an emulator
// (Debian: g++-aarch64-linux-gnu, qemu-user). Only the compute kernels: the stream and the addon need Node on that machine.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NATIVE = fileURLToPath(new URL('../native', import.meta.url));
const UNITS =
  /^(gemm|kernels|test)\/(?!.*-avx[^/]*\.cc$).*\.cc$|^runtime\/(arena|thread-pool|scratch|cpu-features)\.cc$/;
const DOT_FLAGS = ['-march=armv8.2-a+dotprod'];

/** Path of the program, made in `folder` with the compiler `command`. */
export async function crossCompileSelfTest(command: string, folder: string): Promise<string> {
  const flags = ['-std=c++20', '-O2', '-ffp-contract=off', '-Wall', '-Wextra', '-pthread', `-I${NATIVE}`];
  const units = readdirSync(NATIVE, { recursive: true, encoding: 'utf8' }).filter((file) => UNITS.test(file));
  const object = (file: string) => join(folder, `${file.replaceAll('/', '_')}.o`);
  const queue = [...units];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await run(command, [
        ...flags,
        ...(file.endsWith('-neon-dot.cc') ? DOT_FLAGS : []),
        '-c',
        join(NATIVE, file),
        '-o',
        object(file),
      ]);
  };
  await Promise.all([work(), work()]);
  const program = join(folder, 'self-test');
  await run(command, ['-static', '-pthread', ...units.map(object), '-o', program]);
  return program;
}
