// How processes end and what a second thread gets: each case is a child process of its own.
import { spawn } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildAddon } from './build.ts';

const RUNTIME = new URL('./runtime.ts', import.meta.url).href;

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
  seconds: number;
}

/** Runs a module that sees `openRuntime`, `allocator` and `stream`. */
function child(script: string, options: { environment?: NodeJS.ProcessEnv; shell?: string } = {}): Promise<Outcome> {
  const code = `import { openRuntime } from '${RUNTIME}';\n${script}`;
  const parameters = ['--conditions=@thinkwright/source', '--input-type=module-typescript', '-e', code];
  const env = { ...process.env, THINKWRIGHT_MEMORY_GB: '0.5', ...options.environment };
  const started = performance.now();
  const run = options.shell
    ? spawn('bash', ['-c', `${options.shell}; exec "$0" "$@"`, process.execPath, ...parameters], { env })
    : spawn(process.execPath, parameters, { env });
  let [output, errors] = ['', ''];
  run.stdout.on('data', (text) => (output += text));
  run.stderr.on('data', (text) => (errors += text));
  return new Promise((resolve) => {
    const timer = setTimeout(() => run.kill('SIGKILL'), 20_000);
    run.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      const seconds = (performance.now() - started) / 1000;
      resolve({ code: exitCode, signal, output: output.trim(), errors: errors.trim(), seconds });
    });
  });
}

const OPEN = 'const { stream, allocator } = await openRuntime();';
// About a second of work each.
const LONG_WORK = `
  const count = 1 << 22;
  const out = allocator.allocate(4 * count);
  const work = (n) => { for (let i = 0; i < n; i++) stream.launch.randomNormal(out, count, i, 0, 0, 0, 0, 0, 1); };`;

beforeAll(async () => {
  await buildAddon();
});

describe('a process with the device open', () => {
  it('ends by itself when nothing is left to do', async () => {
    const outcome = await child(
      `${OPEN} console.log(stream.readSync(allocator.allocate(4), new Int32Array(1)).length);`,
    );
    expect(outcome).toMatchObject({ code: 0, output: '1', errors: '' });
  });

  it('ends by itself with work in flight that nobody waits for', async () => {
    const outcome = await child(`${OPEN} ${LONG_WORK} work(2000); console.log('queued');`);
    expect(outcome).toMatchObject({ code: 0, output: 'queued', errors: '' });
    expect(outcome.seconds).toBeLessThan(15);
  });

  it('stays alive for a pending read', async () => {
    const outcome = await child(`${OPEN} ${LONG_WORK} work(2);
      stream.read(out, new Float32Array(4)).then((values) => console.log('read', values.length));`);
    expect(outcome).toMatchObject({ code: 0, output: 'read 4', errors: '' });
  });

  it('obeys process.exit() with work and reads in flight', async () => {
    const outcome = await child(`${OPEN} ${LONG_WORK} work(2000);
      stream.read(out, new Float32Array(4)); stream.write(out, new Float32Array(4)); process.exit(7);`);
    expect(outcome).toMatchObject({ code: 7, errors: '' });
    expect(outcome.seconds).toBeLessThan(15);
  });

  it('reports an uncaught error as usual', async () => {
    const outcome = await child(`${OPEN} ${LONG_WORK} work(100); throw new Error('mine');`);
    expect(outcome.code).toBe(1);
    expect(outcome.errors).toContain('mine');
  });

  it('ends at SIGINT and SIGTERM with work in flight', async () => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const outcome = await child(
        `${OPEN} ${LONG_WORK} work(2000); process.kill(process.pid, '${signal}'); await stream.synchronize();`,
      );
      expect(outcome.signal).toBe(signal);
    }
  });

  it.each(['portable', 'auto'])('runs with THINKWRIGHT_ISA=%s', async (isa) => {
    const script = `const runtime = await openRuntime(); console.log(runtime.instructionSet, runtime.threads);`;
    const outcome = await child(script, { environment: { THINKWRIGHT_ISA: isa, THINKWRIGHT_THREADS: '3' } });
    expect(outcome.output).toMatch(isa === 'portable' ? /^portable 3$/ : /^(portable|avx2|avx512|neon) 3$/);
  });

  it.each([
    [{ THINKWRIGHT_THREADS: 'many' }, 'THINKWRIGHT_THREADS is "many": expected a whole number from 1 to 256'],
    [{ THINKWRIGHT_THREADS: '0' }, 'THINKWRIGHT_THREADS is "0"'],
    [{ THINKWRIGHT_ISA: 'mmx' }, 'THINKWRIGHT_ISA is "mmx": expected portable, avx2, avx512, neon or auto'],
    [{ THINKWRIGHT_MEMORY_GB: '-1' }, 'THINKWRIGHT_MEMORY_GB is "-1"'],
  ])('refuses %o', async (environment, message) => {
    const script = `await openRuntime().catch((error) => console.log(error.code, error.message));`;
    const outcome = await child(script, { environment });
    expect(outcome.output).toContain(`TW_KERNELS_BAD_OPTION ${message}`);
  });
});

describe('memory', () => {
  it('exhaustion is an error with a code, after which the device still works', async () => {
    const outcome = await child(
      `${OPEN}
      const held = [];
      try { for (;;) held.push(allocator.allocate(1 << 20)); } catch (error) { console.log(error.code, held.length > 50); }
      for (const block of held) allocator.release(block, 1 << 20);
      const block = allocator.allocate(50 << 20);
      stream.write(block, Float32Array.of(4));
      console.log(stream.readSync(block, new Float32Array(1))[0]);`,
      { environment: { THINKWRIGHT_MEMORY_GB: '0.0625' } },
    );
    expect(outcome).toMatchObject({ code: 0, output: 'TW_KERNELS_OUT_OF_MEMORY true\n4', errors: '' });
  });

  it('takes a smaller arena where the system grants no large one', async () => {
    const limit = 'ulimit -v $((40 * 1024 * 1024))';
    const probe = await child(`console.log('runs')`, { shell: limit });
    if (probe.output !== 'runs') return; // Node itself needs more address space here
    const script = `${OPEN} const { bytesLimit } = allocator.report(); console.log(bytesLimit < 40 * 2 ** 30, bytesLimit >= 2 ** 28);
      const block = allocator.allocate(1 << 20); stream.write(block, Float32Array.of(4));
      console.log(stream.readSync(block, new Float32Array(1))[0]);`;
    const outcome = await child(script, { shell: limit, environment: { THINKWRIGHT_MEMORY_GB: '100' } });
    expect(outcome).toMatchObject({ code: 0, output: 'true true\n4' });
  });
});

describe('a second thread', () => {
  const WORKER = `import { Worker } from 'node:worker_threads';
    const inWorker = (body) => new Promise((resolve, reject) => {
      const code = "import('${RUNTIME}').then(async ({ openRuntime }) => { " + body + " })";
      const worker = new Worker(code, { eval: true, execArgv: ['--conditions=@thinkwright/source'] });
      worker.on('error', reject); worker.on('exit', resolve);
    });`;

  it('gets a clear error while the first one has the device', async () => {
    const outcome = await child(`${WORKER} ${OPEN}
      await inWorker("await openRuntime().catch((error) => console.log(error.code, error.message.includes('one at a time')))");
      console.log(stream.readSync(allocator.allocate(4), new Int32Array(1)).length);`);
    expect(outcome).toMatchObject({ code: 0, output: 'TW_KERNELS_ENVIRONMENT true\n1', errors: '' });
  });

  it('may have the device first, and another one after it has ended, with work in flight', async () => {
    const use = `const { stream, allocator } = await openRuntime(); const out = allocator.allocate(4 << 22);
      for (let i = 0; i < 500; i++) stream.launch.randomNormal(out, 1 << 22, i, 0, 0, 0, 0, 0, 1);
      stream.read(out, new Float32Array(4)); process.exit(0);`.replaceAll('\n', ' ');
    const outcome = await child(`${WORKER}
      await inWorker(${JSON.stringify(use)}); await inWorker(${JSON.stringify(use)});
      ${OPEN} const block = allocator.allocate(64); stream.write(block, Int32Array.of(6));
      console.log((await stream.read(block, new Int32Array(1)))[0]);`);
    expect(outcome).toMatchObject({ code: 0, output: '6', errors: '' });
    expect(outcome.seconds).toBeLessThan(15);
  });
});
