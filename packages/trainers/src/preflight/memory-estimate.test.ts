// The estimate against the device's own count of what a real run held, through the trainers: they tell it in the message with which they
// refuse a run that the device has no room for.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listDevices } from '@thinkwright/tensors';
import { describe, expect, it } from 'vitest';
import { MEASURED_KINDS, type MeasuredKind, type MeasuredRun } from './measured-run-process.ts';

const present = (await listDevices()).some(({ name, available }) => name === 'native' && available);

async function measured(kind: MeasuredKind, adapter: string): Promise<MeasuredRun> {
  const script = new URL('./measured-run-process.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@thinkwright/source', script, kind, adapter],
    { env: { ...process.env, THINKWRIGHT_MEMORY_GB: '0.25' } },
  );
  return JSON.parse(stdout);
}

describe.runIf(present)('the memory that a trainer expects', () => {
  const cases = MEASURED_KINDS.flatMap((kind) => [
    { kind, what: 'all weights' },
    { kind, what: 'lora' },
  ]);
  const adapters = ['lora with dropout', 'dora', 'dora on queries and values'];
  cases.push(...adapters.map((what) => ({ kind: 'sft' as const, what })), { kind: 'dpo', what: 'dora' });
  it.each(cases)(
    '$kind, $what: is within 10 % of what the device held, and beyond its limit nothing is trained',
    async ({ kind, what }) => {
      const { bytes, refusal } = await measured(kind, what);
      expect(refusal).toMatchObject({ code: 'TW_TRAINERS_MEMORY', step: 0 });
      const [, mebibytes] = /Nothing was trained\. Training needs about ([\d.]+) MiB more/.exec(refusal.message)!;
      const ratio = (Number(mebibytes) * 2 ** 20) / bytes;
      expect(ratio, `${bytes} bytes; ${refusal.message}`).toBeGreaterThan(0.9);
      expect(ratio, `${bytes} bytes; ${refusal.message}`).toBeLessThan(1.1);
    },
  );
});
