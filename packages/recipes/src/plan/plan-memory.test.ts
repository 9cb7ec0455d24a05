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

  it('of a model in fewer bits with a rounded cache names the bytes that the real run touches', async () => {
    for (const loading of [
      { storage: 'q8_0', numerics: 'int8', keyValueCache: 'bfloat16' },
      { storage: 'bfloat16' },
    ] as const) {
      const program = `
        import { createEngine, emptyModel, parseModelConfig } from '@thinkwright/models';
        import { collectTrajectories } from '@thinkwright/rollouts';
        import { currentDevice, useDevice } from '@thinkwright/tensors';
        await useDevice('native');
        const model = emptyModel(parseModelConfig(${JSON.stringify(json)}), ${JSON.stringify(loading)});
        const sampling = { temperature: 1, maxTokens: 384, stopIds: [], seed: 1 };
        const request = { promptIds: new Int32Array(128).fill(1), samples: 32, sampling, key: 'plan' };
        await collectTrajectories(createEngine(model, { maxBatch: 32 }), [request]);
        console.log(currentDevice().memory().bytesReserved);`;
      const real = Number(await inProcess(program));
      const request = { method: 'generate', length: 512, promptLength: 128, batch: 32 } as const;
      const { deviceBytes, weightBytes } = await planned({ ...request, loading });
      expect(Math.abs(deviceBytes / real - 1)).toBeLessThan(0.1);
      const full = await planned(request);
      expect(deviceBytes).toBeLessThan(full.deviceBytes);
      expect(weightBytes / full.weightBytes).toBeLessThan(0.55); // norms and the rounding up of blocks beside a half
    }
  });

  it('of learning from rewards names the bytes that the real run touches', async () => {
    const program = `
      import { arrayDataset } from '@thinkwright/datasets';
      import { createEngine, emptyModel, parseModelConfig } from '@thinkwright/models';
      import { currentDevice, useDevice } from '@thinkwright/tensors';
      import { createRlTrainer } from '@thinkwright/trainers';
      await useDevice('native');
      const model = emptyModel(parseModelConfig(${JSON.stringify(json)}));
      const tokenizer = { special: {}, vocabularySize: 2, encode: () => new Int32Array(64).fill(1), decode: () => '' };
      const format = { tokenizer, stopIds: [], marks: { open: '<think>', close: '</think>' }, files: {} }; // nothing ends a reply
      const ports = { model, engine: createEngine(model), format, dataset: arrayDataset('rows', [{ prompt: 'any' }]) };
      const options = { perDeviceTrainBatchSize: 8, numGenerations: 4, maxCompletionLength: 192, beta: 0.04, maxSteps: 3 };
      const reward = (batch) => batch.map((_, i) => i % 2);
      for await (const _ of createRlTrainer({ ...ports, reward, ...options }).train());
      console.log(currentDevice().memory().bytesReserved);`;
    const real = Number(await inProcess(program));
    const options = { per_device_train_batch_size: 8, num_generations: 4, beta: 0.04 };
    const { deviceBytes } = await planned({ method: 'rl', length: 256, promptLength: 64, options });
    expect(Math.abs(deviceBytes / real - 1), `${deviceBytes} planned, ${real} touched`).toBeLessThan(0.1);
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
    const quantised = { method: 'sft', length: 128, loading: { storage: 'q4_0' } } as const;
    await expect(planned(quantised)).rejects.toThrow(/is stored as q4_0, which cannot be trained/);
    const adapted = await planned({ ...quantised, lora: { r: 4 } });
    expect(adapted.deviceBytes).toBeLessThan(
      (await planned({ ...quantised, loading: {}, lora: { r: 4 } })).deviceBytes,
    );
    await expect(planned({ ...quantised, loading: { storage: 'native' } })).rejects.toThrow(/depends on the file/);
    await expect(plan(513)).rejects.toThrow(/more than the model's context of 512 tokens/);
  });
});
