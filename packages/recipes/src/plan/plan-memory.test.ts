// The plan against what really happened: the same training on the real device, whose allocator counts what it touched.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine, emptyModel, parseModelConfig } from '@thinkwright/models';
import { collectTrajectories } from '@thinkwright/rollouts';
import { currentDevice, listDevices, useDevice } from '@thinkwright/tensors';
import { createSftTrainer } from '@thinkwright/trainers';
import { describe, expect, it } from 'vitest';
import type { MemoryPlan, MemoryPlanRequest } from './plan-memory.ts';

const json = {
  model_type: 'llama',
  vocab_size: 512,
  hidden_size: 64,
  intermediate_size: 160,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
};
const config = parseModelConfig(json);

/** In a process of its own: a process that has planned cannot compute. */
async function planned(request: MemoryPlanRequest): Promise<MemoryPlan> {
  const program = `
    import { parseModelConfig } from '@thinkwright/models';
    import { planMemory } from '@thinkwright/recipes/plan';
    const plan = await planMemory(parseModelConfig(${JSON.stringify(json)}), ${JSON.stringify(request)});
    console.log(JSON.stringify(plan));`;
  return JSON.parse(await inProcess(program));
}

async function inProcess(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@thinkwright/source', '--input-type=module', '-e', program],
    { cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  return stdout;
}

const present = (await listDevices()).some(({ name, available }) => name === 'native' && available);

describe.runIf(present)('a memory plan', () => {
  it('of training and of sampling names the bytes that the real run touches', async () => {
    await useDevice('native');
    const touched = () => currentDevice().memory!().bytesReserved;
    const model = emptyModel(config);

    // Sampling first: it touches less, and the device never gives memory back.
    const sampling = { temperature: 1, maxTokens: 96, stopIds: [], seed: 1 };
    const engine = createEngine(model, { maxBatch: 4 });
    const request = { promptIds: new Int32Array(32).fill(1), samples: 4, sampling, key: 'plan' };
    await collectTrajectories(engine, [request]);
    const sampled = touched();

    const row = { ids: new Array(256).fill(1), mask: new Array(256).fill(1) };
    const options = { perDeviceTrainBatchSize: 4, maxLength: 256, maxSteps: 3 };
    const trainer = createSftTrainer({ model, dataset: arrayDataset('rows', [row]), ...options });
    for await (const _ of trainer.train());
    const trained = touched();
    trainer.dispose();
    model.dispose();

    const plans = [
      await planned({ method: 'generate', length: 128, promptLength: 32, batch: 4 }),
      await planned({ method: 'sft', length: 256, options: { per_device_train_batch_size: 4 } }),
    ];
    // Training came second here, over what sampling had left; the plan is of training alone.
    for (const [index, real] of [sampled, trained].entries())
      expect(Math.abs(plans[index]!.deviceBytes / real - 1)).toBeLessThan(0.1);
    expect(trained).toBeGreaterThan(2 * sampled);
  });

  it('of recomputed activations names the bytes that the real run touches', async () => {
    const program = `
      import { arrayDataset } from '@thinkwright/datasets';
      import { emptyModel, parseModelConfig } from '@thinkwright/models';
      import { currentDevice, useDevice } from '@thinkwright/tensors';
      import { createSftTrainer } from '@thinkwright/trainers';
      await useDevice('native');
      const model = emptyModel(parseModelConfig(${JSON.stringify(json)}));
      const row = { ids: new Array(256).fill(1), mask: new Array(256).fill(1) };
      const options = { perDeviceTrainBatchSize: 4, gradientCheckpointing: true, maxLength: 256, maxSteps: 2, numTrainEpochs: 8 };
      for await (const _ of createSftTrainer({ model, dataset: arrayDataset('rows', [row]), ...options }).train());
      console.log(currentDevice().memory().bytesReserved);`;
    const real = Number(await inProcess(program));
    const options = { per_device_train_batch_size: 4, gradient_checkpointing: true };
    const { deviceBytes } = await planned({ method: 'sft', length: 256, options });
    expect(Math.abs(deviceBytes / real - 1)).toBeLessThan(0.1);
  });

  it('grows with the rows, shrinks with checkpointed activations, and refuses what does not fit the model', async () => {
    const plan = (length: number, options = {}) => planned({ method: 'sft', length, options });
    const [short, long, checkpointed] = [
      await plan(128),
      await plan(512),
      await plan(512, { gradient_checkpointing: true }),
    ];
    expect(long.deviceBytes).toBeGreaterThan(2 * short.deviceBytes);
    expect(checkpointed.deviceBytes).toBeLessThan(0.8 * long.deviceBytes);
    await expect(plan(513)).rejects.toThrow(/more than the model's context of 512 tokens/);
  });
});
