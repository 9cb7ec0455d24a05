import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { useDevice } from '../index.ts';
import { presentDevices } from '../test/present-devices.ts';
import { parityFamilies } from './index.ts';

const folder = fileURLToPath(new URL('fixtures', import.meta.url));
const cases: Record<string, number> = { 'token-logprobs': 10, 'optim/adamw': 8, sampling: 63 };

for (const device of await presentDevices()) {
  describe(`on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });
    for (const [name, run] of Object.entries(parityFamilies)) {
      test(`${name} equals the reference implementation`, async () => {
        const result = await run(folder);
        expect(result.failures).toEqual([]);
        expect(result.passed).toBe(cases[name]);
      });
    }
  });
}
