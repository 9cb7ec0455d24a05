import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAddon } from './build.ts';
import { openRuntime } from './runtime.ts';
import { startTrace, takeTrace } from './trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'thinkwright-trace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  await buildAddon();
});

describe('a trace', () => {
  it('has every launch in order with its shapes, its operations and its bytes', async () => {
    const runtime = await openRuntime();
    const { allocator, stream } = runtime;
    const roofline = await startTrace(runtime);
    expect(roofline.gflops).toBeGreaterThan(0.1);
    expect(roofline.gigabytesPerSecond).toBeGreaterThan(0.01);
    const [a, panels, c] = [
      allocator.allocate(4 * 64 * 32),
      allocator.allocate(4 * 48 * 32),
      allocator.allocate(4 * 64 * 48),
    ];
    stream.launch.fill(0, a, 64 * 32, 0);
    stream.launch.gemm(64, 48, 32, a, 0, 32, panels, c, 0, 48, 0, 0, 0, 0, 0, 0, 0);
    const [fill, gemm, ...more] = takeTrace(roofline, runtime);
    expect(more).toEqual([]);
    expect(fill).toMatchObject({ name: 'fill', ph: 'X', args: { count: 64 * 32 } });
    expect(gemm).toMatchObject({ name: 'gemm', args: { m: 64, n: 48, k: 32 } });
    expect(gemm!.ts).toBeGreaterThanOrEqual(fill!.ts + fill!.dur);
    const nanoseconds = gemm!.dur * 1000;
    expect(gemm!.args.GFLOPs! * nanoseconds).toBeCloseTo(2 * 64 * 48 * 32, -2);
    // c may be added to: it counts twice.
    expect(gemm!.args.GBs! * nanoseconds).toBeCloseTo(4 * (64 * 32 + 48 * 32 + 2 * 64 * 48), -2);
    expect(takeTrace(roofline, runtime)).toEqual([]);
    runtime.addon.setProfiling(false);
  });

  it('is written when a process ends that was told to', async () => {
    const file = join(folder, 'trace.json');
    const program = `
      import { tf, useDevice } from '@thinkwright/tensors';
      await useDevice('native');
      await tf.matMul(tf.ones([8, 16]), tf.ones([16, 4])).data();`;
    await promisify(execFile)(
      process.execPath,
      ['--conditions=@thinkwright/source', '--input-type=module', '-e', program],
      { cwd: import.meta.dirname, env: { ...process.env, THINKWRIGHT_PROFILE: file } },
    );
    const { traceEvents, otherData } = JSON.parse(readFileSync(file, 'utf8'));
    expect(traceEvents.map(({ name }: { name: string }) => name)).toContain('matMul');
    expect(otherData.gflops).toBeGreaterThan(0.1);
  });
});
