// Our side of the kernel benchmarks: the kernels' own bench program (native/test/bench.cc), each figure beside the FMA peak
// measured in the same moment. Arguments: FAMILY (products, attention, head) and THREADS. Prints one JSON line.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findCompiler } from '@thinkwright/kernels';
import { compileSelfTest } from '../../packages/kernels/scripts/compile-self-test.ts';

const [family = 'products', ...threads] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), 'thinkwright-kernels-bench-'));
try {
  const program = await compileSelfTest((await findCompiler()).command, folder);
  const figures = threads.flatMap((count) =>
    execFileSync(program, ['bench', family, count], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line)),
  );
  console.log(JSON.stringify({ figures }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
