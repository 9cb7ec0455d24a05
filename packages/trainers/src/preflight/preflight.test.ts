// What is found before the first step: each check on something that is wrong in just that way, and silence on what is right.
import { createChatFormat, createTokenizer, presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createAdapter, createEngine, type LanguageModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRlTrainer } from '../rl/rl-trainer.ts';
import { collectEvents } from '../test/index.ts';
import { checkLearner } from './check-learner.ts';
import { checkMemory } from './check-memory.ts';
import { checkRows } from './check-rows.ts';
import { checkTemplate, checkTokenizer } from './check-tokenizer.ts';
import { reportFindings } from './finding.ts';
import { estimateMemory } from './memory-estimate.ts';
import { probeCompletions, probeFindings } from './probe-completions.ts';

const format = presetFormat('quickstart');
const model = (vocabularySize = format.tokenizer.vocabularySize) =>
  tinyModel({ seed: 1, vocabularySize, layerCount: 2 });
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code);

/** Words w0 to w9 and control tokens, with a template of the test's own. */
function wordFormat(template: string, pad = '<pad>') {
  const tokens = ['<pad>', '</s>', '<|end|>', '<think>', '</think>', '7', '+', '5', 'and', 'are', '12', '<|user|>'];
  const tokenizer = createTokenizer({
    tokenizerJson: {
      ...{ version: '1.0', normalizer: null, post_processor: null, decoder: null, truncation: null, padding: null },
      added_tokens: ['<pad>', '</s>', '<|end|>', '<think>', '</think>', '<|user|>'].map((content) => ({
        ...{ id: tokens.indexOf(content), content, single_word: false, lstrip: false, rstrip: false },
        ...{ normalized: false, special: true },
      })),
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model: {
        type: 'WordLevel',
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        unk_token: '<pad>',
      },
    },
    tokenizerConfig: { pad_token: pad, eos_token: '</s>' },
  });
  const marks = { open: '<think>', close: '</think>' };
  const spacing = { afterOpen: ' ', beforeClose: ' ', afterClose: ' ' };
  const rest = { defaultMode: 'think' as const, systemFlag: false, emptyBlock: 'none' as const };
  const policy = { marks, spacing, ...rest, historyThinking: 'keep' as const, prefillThinking: false };
  return { tokenizer, make: () => createChatFormat({ tokenizer, template, policy }) };
}
const keeping =
  "{% for m in messages %}{% if m.role == 'user' %}<|user|> {{ m.content }} {% else %}{{ m.content }} <|end|>{% endif %}{% endfor %}";

beforeAll(async () => {
  await useDevice('cpu');
});

describe('tokenizer and model', () => {
  it('pass when they belong together', () => {
    expect(
      checkTokenizer(model(), format.tokenizer, format.stopIds).filter(({ severity }) => severity === 'error'),
    ).toEqual([]);
  });

  it('are refused when the embedding is too small, and nothing was trained', () => {
    const findings = checkTokenizer(model(8), format.tokenizer, format.stopIds);
    expect(findings[0]).toMatchObject({ severity: 'error', code: 'TW_TRAINERS_SHAPE' });
    expect(() => reportFindings(findings, 0)).toThrow(/Nothing was trained.*different models/);
  });

  it('warn of a pad that ends replies, of no stop at all, and of a config that stops elsewhere', () => {
    const { tokenizer } = wordFormat(keeping, '</s>');
    expect(codes(checkTokenizer(model(64), tokenizer))).toContain('TW_TRAINERS_PAD_IS_STOP');
    expect(codes(checkTokenizer(model(64), tokenizer, []))).toContain('TW_TRAINERS_STOP_NOT_TRAINED');
    expect(codes(checkTokenizer(model(64), tokenizer, [7]))).toContain('TW_TRAINERS_STOP_DIFFERS');
    expect(codes(checkTokenizer(model(64), tokenizer, [2]))).toEqual([]);
  });
});

describe('template', () => {
  it('passes when it keeps what it is given', () => {
    expect(checkTemplate(wordFormat(keeping).make())).toEqual([]);
    expect(checkTemplate(format)).toEqual([]);
  });

  it('is reported when it strips the thinking of the last reply', () => {
    const stripping = keeping.replace('{{ m.content }} <|end|>', "{{ m.content.split('</think>')[-1] }} <|end|>");
    let found: string[] = [];
    try {
      found = checkTemplate(wordFormat(stripping).make()).map(({ message }) => message);
    } catch (error) {
      found = [(error as Error).message];
    }
    expect(found.join()).toMatch(/think/);
  });
});

describe('rows', () => {
  const row = (ids: number[], mask: number[]) => ({ ids: Int32Array.from(ids), mask: Uint8Array.from(mask) });
  const settings = { vocabularySize: 10, stopIds: [2] };

  it('pass with a prompt masked and a stop token trained', () => {
    expect(checkRows([row([5, 6, 2], [0, 1, 1])], settings)).toEqual([]);
  });

  it('are reported with ids beyond the vocabulary, empty masks, and untrained stops', () => {
    expect(checkRows([row([5, 10], [1, 1])], settings)[0]).toMatchObject({
      severity: 'error',
      code: 'TW_TRAINERS_SHAPE',
    });
    const mostlyEmpty = [row([5, 2], [0, 0]), row([6, 2], [0, 0]), row([5, 2], [0, 1])];
    expect(codes(checkRows(mostlyEmpty, settings))).toEqual(['TW_TRAINERS_MASKS_EMPTY']);
    expect(codes(checkRows([row([5, 6, 7], [0, 1, 1])], settings))).toEqual(['TW_TRAINERS_STOP_NOT_TRAINED']);
  });
});

describe('memory', () => {
  const plain = {
    ...{
      optim: 'adamw' as const,
      amsgrad: false,
      gradientCheckpointing: false,
      emaDecay: null,
      gradientAccumulationSteps: 1,
    },
  };

  it('counts weights, gradients and moments as they are', () => {
    const trained = model();
    const parameters = trained.parameters();
    const numbers = parameters.reduce((sum, { variable }) => sum + variable.size, 0);
    const estimate = estimateMemory(trained, parameters, plain, { tokens: 100 });
    expect(estimate).toMatchObject({ weights: 4 * numbers, gradients: 4 * numbers, optimizer: 8 * numbers });
    expect(estimateMemory(trained, parameters, { ...plain, amsgrad: true }, { tokens: 100 }).optimizer).toBe(
      12 * numbers,
    );
    trained.attachAdapter(createAdapter(trained.config, { r: 2 }));
    const adapter = estimateMemory(trained, trained.parameters(), plain, { tokens: 100 });
    expect(adapter.optimizer).toBeLessThan(estimate.optimizer / 2);
    expect(
      estimateMemory(model(), parameters, { ...plain, optim: 'adamw_8bit' }, { tokens: 1 }).optimizer,
    ).toBeLessThan(2.1 * numbers);
    trained.dispose();
  });

  it('counts a scorer, and gradients of other micro-batches beside activations', () => {
    const [policy, teacher] = [model(), model()];
    const found = (step: object, options: object = {}) =>
      estimateMemory(policy, policy.parameters(), { ...plain, ...options }, { tokens: 1000, ...step });
    const [alone, taught] = [found({}), found({ scorers: [teacher, teacher] })];
    expect(taught.weights).toBe(2 * alone.weights);
    expect(taught.total - alone.total).toBe(alone.weights);
    expect(found({ scorers: [policy] }).weights).toBe(alone.weights);
    const several = found({}, { gradientAccumulationSteps: 2 });
    expect(several.total).toBe(several.weights + several.optimizer + several.gradients + several.activations);
    expect(alone.total).toBeLessThan(several.total);
    expect(found({}, { gradientCheckpointing: true }).activations).toBeLessThan(alone.activations);
    policy.dispose();
    teacher.dispose();
  });

  it('counts a model that learns along with its weights, its state and what it keeps of a token', () => {
    const [policy, other] = [model(), model()];
    const parameters = [...policy.parameters(), ...other.parameters()];
    const both = estimateMemory(policy, parameters, plain, { tokens: 100, learners: [other] });
    const one = estimateMemory(policy, policy.parameters(), plain, { tokens: 100 });
    for (const part of ['weights', 'gradients', 'optimizer'] as const) expect(both[part]).toBe(2 * one[part]);
    expect(both.activations).toBeGreaterThan(1.5 * one.activations); // but one block at a time is worked on
    expect(both.activations).toBeLessThan(2 * one.activations);
    other.attachAdapter(createAdapter(other.config, { r: 2 }));
    const adapted = [...policy.parameters(), ...other.parameters()];
    expect(estimateMemory(policy, adapted, plain, { tokens: 1, learners: [other] }).weights).toBeGreaterThan(
      2 * one.weights,
    );
    policy.dispose();
    other.dispose();
  });

  it('warns when less is free, with the ways out, and refuses what is beyond the device for certain', () => {
    const estimate = estimateMemory(model(), model().parameters(), plain, { tokens: 100 });
    const { total } = estimate;
    const severities = (free: number, device: number) =>
      checkMemory(estimate, 0, { free, device }).map(({ severity }) => severity);
    expect(severities(total, total)).toEqual([]);
    expect(severities(1000, total)).toEqual(['warning']);
    expect(severities(total, 0.9 * total)).toEqual(['warning']); // within the error of the estimate
    expect(severities(total, 0.8 * total)).toEqual(['error']);
    expect(severities(Number.POSITIVE_INFINITY, 0.8 * total)).toEqual(['error']);
    const [refused] = checkMemory(estimate, 0, { free: total, device: 1000 });
    expect(refused!.message).toMatch(/gradientCheckpointing.*adamw_8bit.*THINKWRIGHT_MEMORY_GB/);
    expect(() => reportFindings([refused!], 0)).toThrow(expect.objectContaining({ code: 'TW_TRAINERS_MEMORY' }));
  });
});

describe('what every trainer checks', () => {
  const options = {
    optim: 'adamw',
    amsgrad: false,
    gradientCheckpointing: false,
    emaDecay: null,
    gradientAccumulationSteps: 1,
  } as const;
  const found = (policy: LanguageModel, free: number, tokens = 0) =>
    codes(checkLearner({ model: policy, format, trained: policy.parameters(), options, tokens }, { free }));

  it('is silent on what belongs together, and finds a model of another vocabulary and too little memory', () => {
    expect(found(model(), Number.POSITIVE_INFINITY)).toEqual([]);
    expect(found(model(8), Number.POSITIVE_INFINITY)).toContain('TW_TRAINERS_SHAPE');
    expect(found(model(), -1e12)).toEqual(['TW_TRAINERS_MEMORY']);
  });

  it('counts activations where the tokens of a micro-batch are known', () => {
    const policy = model();
    const enough = estimateMemory(policy, policy.parameters(), options, { tokens: 0 }).total; // more than what is needed beside what is held
    expect(found(policy, enough)).toEqual([]);
    expect(found(policy, enough, 1_000_000)).toEqual(['TW_TRAINERS_MEMORY']);
  });
});

describe('probe of completions', () => {
  it('is asked for by probeSamples, warns before the first step, and changes nothing that is trained', async () => {
    const trained = async (probeSamples: number) => {
      const policy = model();
      const trainer = createRlTrainer({
        ...{
          model: policy,
          engine: createEngine(policy),
          format,
          dataset,
          reward: ({ length }: unknown[]) => new Array(length).fill(0).map((_, i) => i % 2),
        },
        ...{
          maxSteps: 2,
          numGenerations: 2,
          perDeviceTrainBatchSize: 4,
          maxCompletionLength: 2,
          probeSamples,
          learningRate: 1e-3,
        },
      } as never);
      const { events } = await collectEvents(trainer);
      const weights = [...policy.namedTensors().values()].map((tensor) => Array.from(tensor.dataSync()));
      return { weights, first: events[1] };
    };
    const [probed, plain] = [await trained(8), await trained(0)];
    expect(probed.first).toMatchObject({ type: 'warning', code: 'TW_TRAINERS_COMPLETIONS_CUT', step: 0 });
    expect(plain.first).not.toMatchObject({ code: 'TW_TRAINERS_COMPLETIONS_CUT' });
    expect(probed.weights).toEqual(plain.weights);
  });

  it('takes no prompts from a stream, which belong to training', async () => {
    const ports = { model: model(), engine: createEngine(model()), format, maxCompletionLength: 2 };
    await expect(probeFindings(ports, 8, 0)).rejects.toMatchObject({ code: 'TW_TRAINERS_OPTIONS_CLASH' });
    expect(await probeFindings(ports, 8, 3)).toEqual([]);
    expect(await probeFindings(ports, 0, 0)).toEqual([]);
  });

  const dataset = arrayDataset(
    'problems',
    Array.from({ length: 40 }, (_, i) => ({ prompt: `1+${i % 9}=` })),
  );
  it('asks 32 prompts, says how many were cut and what would be enough', async () => {
    const sampler = model();
    const ports = { engine: createEngine(sampler), format, model: sampler, dataset };
    const short = await probeCompletions({ ...ports, maxCompletionLength: 2, seed: 1 });
    expect(short.sampled).toBe(32);
    expect(short.clippedRatio).toBeGreaterThan(0.2);
    expect(short.suggested).toBe(4);
    expect(codes(short.findings)).toEqual(['TW_TRAINERS_COMPLETIONS_CUT']);
    const impossible = probeCompletions({ ...ports, maxCompletionLength: 64 });
    await expect(impossible).rejects.toMatchObject({ code: 'TW_TRAINERS_PROMPT_TOO_LONG' });
  });
});
