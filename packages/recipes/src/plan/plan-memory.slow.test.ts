// The plan against stages of recipes as they run for real, on SmolLM2-135M (minutes; npm run test:slow, with the shared model file): what the
// device touched, and for all weights the peak of the process's resident memory, loading and saving included, within 10 %.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listDevices } from '@thinkwright/tensors';
import { describe, expect, it } from 'vitest';
import type { MeasuredStage } from './measured-recipe-process.ts';
import type { MemoryPlan, MemoryPlanRequest } from './request.ts';

const shared = process.env.THINKWRIGHT_SHARED ?? join(import.meta.dirname, '../../../../../shared');
const model = join(shared, 'models/SmolLM2-135M-Instruct.Q4_1.gguf');
const isReady =
  existsSync(model) && (await listDevices()).some(({ name, available }) => name === 'native' && available);

async function inProcess<Result>(...args: string[]): Promise<Result> {
  const options = { cwd: import.meta.dirname, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@thinkwright/source', ...args],
    options,
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

function planned(request: MemoryPlanRequest, others: string[]): Promise<MemoryPlan> {
  const program = `
    import { loadModelConfig, nativeStorage } from '@thinkwright/models';
    import { planMemory } from '@thinkwright/recipes/plan';
    const config = await loadModelConfig(${JSON.stringify(model)});
    const frozen = { storage: await nativeStorage(${JSON.stringify(model)}) };
    const [teacher, valueModel] = [{ config, loading: frozen }, config];
    const request = ${JSON.stringify(request)};
    const loading = request.lora && frozen;
    console.log(JSON.stringify(await planMemory(config, { ...request, loading, ${others.join(', ')} })));`;
  return inProcess('--input-type=module', '-e', program);
}

interface Case {
  kind: MeasuredStage['kind'] & MemoryPlanRequest['method'];
  prompt: number;
  completion: number;
  options: Record<string, unknown>;
  rewards?: Record<string, number>;
  /** Models beside the learner, which are copies of it. */
  others?: ('teacher' | 'valueModel')[];
}

const two = { per_device_train_batch_size: 2 };
const rewards = { accuracy: 1 };
const cases: Case[] = [
  { kind: 'sft', prompt: 128, completion: 384, options: two },
  { kind: 'preference', prompt: 64, completion: 192, options: two },
  { kind: 'distill', prompt: 64, completion: 192, options: { ...two, lmbda: 0 }, others: ['teacher'] },
  { kind: 'reward-model', prompt: 64, completion: 192, options: two },
  { kind: 'process-reward', prompt: 64, completion: 192, options: two },
  // every group teaches by its distance to the reference, whatever is sampled
  { kind: 'rl', prompt: 64, completion: 128, options: { per_device_train_batch_size: 8, beta: 0.04 }, rewards },
  { kind: 'ppo', prompt: 64, completion: 128, options: two, rewards, others: ['valueModel'] },
];
const adapted = { lora: { r: 16 } };
const ways = cases.flatMap((each) => [
  { ...each, way: 'all weights' },
  { ...each, way: 'lora, recomputed', ...adapted, options: { ...each.options, gradient_checkpointing: true } },
]);

describe.runIf(isReady)('the peak of a stage of a recipe', () => {
  it.each(ways)('$kind, $way: is within 10 % of its plan', async ({ way, others = [], ...stage }) => {
    const { kind: method, prompt, completion, options } = stage;
    const request = { method, length: prompt + completion, promptLength: prompt, options };
    const plan = await planned({ ...request, ...('lora' in stage && { lora: stage.lora }) }, others);
    const places = { teacher: { teacher: model }, valueModel: { value_model: model } };
    const held = Object.assign({}, ...others.map((name) => places[name]));
    const run = { ...stage, model, options: { ...options, ...held } };
    const real = await inProcess<{ device: number; resident: number }>(
      'measured-recipe-process.ts',
      JSON.stringify(run),
    );
    const figures = (bytes: number) => Math.round(bytes / 2 ** 20);
    const said = `MiB planned ${figures(plan.deviceBytes)} on the device, ${figures(plan.totalBytes)} in all; seen ${figures(real.device)}, ${figures(real.resident)}`;
    console.log(`${stage.kind}, ${way}: ${said}`);
    // What the process itself holds differs by 100 MiB and more between runs: a small part of a run on all weights alone.
    const inAll = 'lora' in stage ? [] : [plan.totalBytes / real.resident];
    for (const ratio of [plan.deviceBytes / real.device, ...inAll]) {
      expect(ratio, said).toBeGreaterThan(0.9);
      expect(ratio, said).toBeLessThan(1.1);
    }
  });
});
