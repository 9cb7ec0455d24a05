// The plan against what really happened: the same run on the real device, whose allocator counts what it touched, and the peak of the
// process as the operating system saw it. Each in a process of its own: one that has planned cannot compute.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseModelConfig } from '@thinkwright/models';
import { listDevices } from '@thinkwright/tensors';
import { describe, expect, it } from 'vitest';
import type { MeasuredRun } from './measured-run-process.ts';
import type { MemoryPlan, MemoryPlanRequest } from './request.ts';

const config = parseModelConfig({
  ...{ model_type: 'llama', vocab_size: 512, hidden_size: 64, intermediate_size: 160, num_hidden_layers: 3 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 512, rms_norm_eps: 1e-5 },
  ...{ rope_theta: 10000, tie_word_embeddings: true },
});
const smaller = { ...config, layerCount: 2, hiddenSize: 32, intermediateSize: 96, headDimension: 8 };

async function inProcess(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@thinkwright/source', ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  return stdout.trim().split('\n').at(-1)!;
}

async function planned(request: MemoryPlanRequest): Promise<MemoryPlan> {
  const program = `
    import { planMemory } from '@thinkwright/recipes/plan';
    const plan = await planMemory(${JSON.stringify(config)}, ${JSON.stringify(request)});
    console.log(JSON.stringify(plan));`;
  return JSON.parse(await inProcess('--input-type=module', '-e', program));
}

const measured = async (request: MemoryPlanRequest): Promise<MeasuredRun> =>
  JSON.parse(await inProcess('measured-run-process.ts', JSON.stringify(config), JSON.stringify(request)));

async function expectAsMeasured(request: MemoryPlanRequest): Promise<MemoryPlan> {
  const [plan, real] = [await planned(request), await measured(request)];
  const ratio = plan.deviceBytes / real.device;
  expect(ratio, `${plan.deviceBytes} planned, ${real.device} touched`).toBeGreaterThan(0.9);
  expect(ratio, `${plan.deviceBytes} planned, ${real.device} touched`).toBeLessThan(1.1);
  return plan;
}

const present = (await listDevices()).some(({ name, available }) => name === 'native' && available);

describe.runIf(present)('a memory plan names the bytes that the real run touches, within 10 %', () => {
  const rows = { length: 256, promptLength: 64 };
  const teacher = { config: { ...smaller, layerCount: 5 } };
  const two = { per_device_train_batch_size: 4, gradient_accumulation_steps: 2 };
  const cases: Record<string, MemoryPlanRequest> = {
    sft: { method: 'sft', ...rows },
    'rl with a reference': { method: 'rl', ...rows, options: { num_generations: 4, beta: 0.04 } },
    'ppo on the policy': { method: 'ppo', ...rows, options: { num_mini_batches: 2 } },
    'ppo with a value model': { method: 'ppo', ...rows, valueModel: smaller, options: { value_warmup_steps: 2 } },
    'rejection sampling': {
      ...{ method: 'rejection-sampling', ...rows },
      options: { problems_per_round: 16, num_generations: 4, per_device_train_batch_size: 16 },
    },
    dpo: { method: 'preference', ...rows },
    'dpo in several micro-batches': { method: 'preference', ...rows, options: two },
    'dpo with a reference asked before': { method: 'preference', ...rows, options: { precompute_ref_log_probs: true } },
    kto: { method: 'preference', ...rows, options: { algorithm: 'kto' } },
    'simpo, which has no reference': {
      ...{ method: 'preference', ...rows },
      options: { algorithm: 'cpo', reference_free_loss: 'simpo', cpo_alpha: 0 },
    },
    'online dpo': { method: 'online-preference', ...rows, options: { num_generations: 4 } },
    'distillation on rows': { method: 'distill', ...rows, teacher, options: { lmbda: 0 } },
    'distillation on own completions': { method: 'distill', ...rows, teacher, options: { max_new_tokens: 128 } },
    'distillation on the likeliest tokens': { method: 'distill', ...rows, teacher, options: { lmbda: 0, top_k: 8 } },
    'distillation of sequences': {
      ...{ method: 'distill', ...rows, teacher },
      options: { lmbda: 0, seq_kd: true, loss_type: 'nll', max_new_tokens: 192 },
    },
    'an outcome reward model': { method: 'reward-model', ...rows },
    'a process reward model': { method: 'process-reward', ...rows },
  };
  it.each(Object.keys(cases))('%s, all weights', async (name) => {
    await expectAsMeasured(cases[name]!);
  });

  const inEach = Object.entries(cases).filter(
    ([, { method }], i, all) => all.findIndex(([, own]) => own.method === method) === i,
  );
  it.each(inEach.map(([name]) => name))('%s, an adapter with activations computed again', async (name) => {
    const request = cases[name]!;
    const options = { ...request.options, gradient_checkpointing: true };
    await expectAsMeasured({ ...request, lora: { r: 8 }, options });
  });

  it('an adapter with magnitudes and dropout', async () => {
    await expectAsMeasured({ method: 'sft', ...rows, lora: { r: 8, useDora: true, loraDropout: 0.1 } });
  });

  it('sampling, and sampling with a model in fewer bits and a rounded cache', async () => {
    const request = { method: 'generate', length: 512, promptLength: 128, batch: 32 } as const;
    const full = await expectAsMeasured(request);
    for (const loading of [
      { storage: 'q8_0', numerics: 'int8', keyValueCache: 'bfloat16' },
      { storage: 'bfloat16' },
    ] as const) {
      const { deviceBytes, weightBytes } = await expectAsMeasured({ ...request, loading });
      expect(deviceBytes).toBeLessThan(full.deviceBytes);
      expect(weightBytes / full.weightBytes).toBeLessThan(0.55); // norms and the rounding up of blocks beside a half
    }
  });
});

describe.runIf(present)('a memory plan', () => {
  it('grows with the rows, shrinks with checkpointed activations and with weights in fewer bits', async () => {
    const plan = (length: number, options = {}) => planned({ method: 'sft', length, options });
    const [short, long, checkpointed] = [
      await plan(128),
      await plan(512),
      await plan(512, { gradient_checkpointing: true }),
    ];
    expect(long.deviceBytes).toBeGreaterThan(2 * short.deviceBytes);
    expect(checkpointed.deviceBytes).toBeLessThan(0.8 * long.deviceBytes);
    const adapted = { method: 'sft', length: 128, lora: { r: 4 } } as const;
    const quantised = await planned({ ...adapted, loading: { storage: 'q4_0' } });
    expect(quantised.deviceBytes).toBeLessThan((await planned(adapted)).deviceBytes);
  });

  it('takes what a recipe says of a longer run: its warm-up, its evaluations, its longest completion', async () => {
    const run = { max_steps: 500, warmup_steps: 50, eval_steps: 100, save_steps: 100 };
    const kept = { load_best_model_at_end: true, early_stopping_patience: 3 };
    const options = { ...run, ...kept, num_generations: 4, max_completion_length: 200 };
    const plan = await planned({ method: 'rl', length: 256, options });
    const { deviceBytes } = await planned({
      method: 'rl',
      length: 256,
      promptLength: 56,
      options: { num_generations: 4 },
    });
    expect(plan.deviceBytes).toBe(deviceBytes);
  });

  const refused: [string, MemoryPlanRequest, RegExp][] = [
    [
      'weights that cannot be trained',
      { method: 'sft', length: 128, loading: { storage: 'q4_0' } },
      /is stored as q4_0, which cannot be trained/,
    ],
    [
      'a storage that the file decides',
      { method: 'sft', length: 128, loading: { storage: 'native' } },
      /depends on the file/,
    ],
    ['rows beyond the context', { method: 'sft', length: 513 }, /more than the model's context of 512 tokens/],
    [
      'rows that would be left out',
      { method: 'preference', length: 512, options: { max_length: 256 } },
      /Plan length=256, or raise max_length/,
    ],
    [
      'no room for a prompt',
      { method: 'ppo', length: 128, options: { response_length: 128 } },
      /response_length 128 leaves no room for a prompt/,
    ],
    [
      'three lengths that disagree',
      { method: 'rl', length: 128, promptLength: 32, options: { max_completion_length: 64 } },
      /not the length 128.*length=96/,
    ],
    ['distillation from nobody', { method: 'distill', length: 128 }, /needs the teacher/],
    ['a teacher of nobody', { method: 'sft', length: 128, teacher: { config } }, /method sft has no teacher/],
    ['values of nobody', { method: 'rl', length: 128, valueModel: config }, /method rl has no value model/],
    ['an option that there is not', { method: 'preference', length: 128, options: { bete: 1 } }, /did you mean "beta"/],
  ];
  it('refuses what cannot be planned, with the way out', async () => {
    const program = `
      import { planMemory } from '@thinkwright/recipes/plan';
      const messages = [];
      for (const request of ${JSON.stringify(refused.map(([, request]) => request))})
        messages.push(await planMemory(${JSON.stringify(config)}, request).then(() => 'planned', ({ message }) => message));
      console.log(JSON.stringify(messages));`;
    const messages: string[] = JSON.parse(await inProcess('--input-type=module', '-e', program));
    for (const [i, [name, , expected]] of refused.entries()) expect(messages[i], name).toMatch(expected);
  });
});
