// Every wrong way to start that we know of, in one table: what was given, the code of the error, and what its message must say so that
// a person can mend it. Nothing is trained, and no file is lost.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChatError, presetFormat } from '@thinkwright/chat';
import { CheckpointError } from '@thinkwright/checkpoints';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine, type LanguageModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TrainerError } from './errors.ts';
import { createPreferenceTrainer } from './preference/preference-trainer.ts';
import { createRlTrainer } from './rl/rl-trainer.ts';
import { createSftTrainer } from './sft/sft-trainer.ts';
import { collectEvents } from './test/index.ts';
import type { Trainer, TrainerEvent } from './trainer.ts';

/** Writes to open files fail as on a full disk while this is set. */
const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (...given) => {
    const handle = await real.open(...given);
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    if (disk.isFull) handle.write = () => Promise.reject(full);
    return handle;
  };
  return { ...real, open };
});

const format = presetFormat('quickstart');
const size = format.tokenizer.vocabularySize;
const newModel = () => tinyModel({ seed: 1, vocabularySize: size, layerCount: 1 });
const rows = (...list: object[]) => arrayDataset('rows', list.map((row) => ({ prompt: '', ...row })) as never);
const sums = rows({ text: '1+2=3' }, { text: '2+3=5' });
const problems = arrayDataset('problems', [{ prompt: '1+2=' }, { prompt: '2+2=' }]);
let folder = '';
let checkpoint = '';

const sft = (given: object) => (model: LanguageModel) =>
  createSftTrainer({ model, format, dataset: sums, maxSteps: 2, ...given } as never);
const rl = (given: object) => (model: LanguageModel) =>
  createRlTrainer({
    ...{ model, format, engine: createEngine(model), dataset: problems, reward: () => [1, 0], maxSteps: 2 },
    ...{ numGenerations: 2, perDeviceTrainBatchSize: 2, maxCompletionLength: 3 },
    ...given,
  } as never);
const preference = (given: object) => (model: LanguageModel) =>
  createPreferenceTrainer({
    ...{ model, format, maxSteps: 1, perDeviceTrainBatchSize: 1 },
    ...{ dataset: arrayDataset('pairs', [{ prompt: '1+2=', chosen: '3', rejected: '4' }]), ...given },
  } as never);

const UNKNOWN = 'TW_TRAINERS_OPTION_UNKNOWN';
const INVALID = 'TW_TRAINERS_OPTION_INVALID';
const CLASH = 'TW_TRAINERS_OPTIONS_CLASH';
const ROW = 'TW_TRAINERS_ROW_INVALID';
const NO_ROWS = 'TW_TRAINERS_NO_ROWS';
const NOTHING = 'TW_TRAINERS_NOTHING_SUPERVISED';
const SHAPE = 'TW_TRAINERS_SHAPE';
const MISMATCH = 'TW_TRAINERS_CHECKPOINT_MISMATCH';

type Case = [what: string, make: (model: LanguageModel) => Trainer, code: string, hint: RegExp];
const minLr = { lrSchedulerType: 'cosine_with_min_lr' };
const options: Case[] = [
  ['an option of another spelling', sft({ learning_rate: 1e-3 }), UNKNOWN, /did you mean "learningRate"/],
  ['a misspelt option', sft({ perDeviceTrainBatchSzie: 2 }), UNKNOWN, /did you mean "perDeviceTrainBatchSize"/],
  ['an option of another trainer', sft({ numGenerations: 4 }), UNKNOWN, /"numGenerations"; known: learningRate/],
  [
    'a misspelt keyword of the schedule',
    sft({ lrSchedulerKwargs: { minlr: 1 } }),
    UNKNOWN,
    /did you mean "lrSchedulerKwargs\.minLr"/,
  ],
  ['learning rate 0', sft({ learningRate: 0 }), INVALID, /learningRate: .*>0/],
  ['a negative learning rate', sft({ learningRate: -1e-3 }), INVALID, /learningRate: .*>0/],
  [
    'a learning rate that is no number',
    sft({ learningRate: Number.NaN }),
    INVALID,
    /learningRate: .*expected number, received NaN/,
  ],
  [
    'a learning rate as text',
    sft({ learningRate: '1e-3' }),
    INVALID,
    /learningRate: .*expected number, received string/,
  ],
  ['an empty batch', sft({ perDeviceTrainBatchSize: 0 }), INVALID, /perDeviceTrainBatchSize: .*>=1/],
  ['half a row', sft({ perDeviceTrainBatchSize: 1.5 }), INVALID, /perDeviceTrainBatchSize: .*expected int/],
  ['no micro-batch', sft({ gradientAccumulationSteps: 0 }), INVALID, /gradientAccumulationSteps: .*>=1/],
  ['no step', sft({ maxSteps: 0 }), INVALID, /maxSteps: .*>=1/],
  ['an unknown optimizer', sft({ optim: 'adam' }), INVALID, /"adamw"/],
  ['an unknown schedule', sft({ lrSchedulerType: 'cosin' }), INVALID, /"cosine"/],
  ['an unknown loss', sft({ lossType: 'mse' }), INVALID, /"nll"/],
  ['a warm-up longer than the run', sft({ warmupSteps: 5 }), CLASH, /warmupSteps 5 is more than maxSteps 2/],
  ['a warm-up that is ignored', sft({ lrSchedulerType: 'constant', warmupSteps: 1 }), CLASH, /constant_with_warmup/],
  ['a decay without a length', sft({ lrSchedulerType: 'warmup_stable_decay' }), CLASH, /numDecaySteps/],
  ['a floor without a value', sft(minLr), CLASH, /minLrRate/],
  [
    'a floor with two values',
    sft({ ...minLr, lrSchedulerKwargs: { minLr: 1e-6, minLrRate: 0.1 } }),
    CLASH,
    /exactly one/,
  ],
  ['a negative gradient norm', sft({ maxGradNorm: -1 }), INVALID, /maxGradNorm: .*>=0/],
  ['a beta beyond 1', sft({ adamBeta1: 2 }), INVALID, /adamBeta1: .*<1/],
  ['a beta of 1', sft({ adamBeta1: 1 }), INVALID, /adamBeta1: .*<1/],
  ['negative weight decay', sft({ weightDecay: -0.1 }), INVALID, /weightDecay: .*>=0/],
  ['a seed that is no integer', sft({ seed: 0.5 }), INVALID, /seed: .*expected int/],
  ['an average that never moves', sft({ emaDecay: 1 }), INVALID, /emaDecay: .*<1/],
  ['noise of 0', sft({ neftuneNoiseAlpha: 0 }), INVALID, /neftuneNoiseAlpha: .*>0/],
  [
    'a group that matches nothing',
    sft({ learningRateGroups: [{ match: 'lora_B', scale: 16 }] }),
    CLASH,
    /Names look like model\.embed_tokens/,
  ],
  [
    'a group that unlearns',
    sft({ learningRateGroups: [{ match: 'norm', scale: -1 }] }),
    INVALID,
    /learningRateGroups\.0\.scale: .*>=0/,
  ],
  ['patience without evaluations', sft({ earlyStoppingPatience: 2 }), CLASH, /Give evalSteps/],
  ['best weights without a folder', sft({ loadBestModelAtEnd: true, evalSteps: 1 }), CLASH, /Give outputDir/],
  [
    'a metric that is not measured',
    sft({ earlyStoppingPatience: 2, evalSteps: 1, evaluate: () => ({ f1: 1 }) }),
    CLASH,
    /eval_loss.*f1\. Name one/,
  ],
  ['packing without a length', sft({ packing: true, maxLength: null }), CLASH, /Give maxLength/],
  [
    'packing without a number of steps',
    sft({ packing: true, maxSteps: undefined }),
    CLASH,
    /with packing .*Give maxSteps/,
  ],
  ['packing and truncation', sft({ packing: true, truncationMode: 'keep_end' }), CLASH, /bfd_split/],
  ['a strategy without packing', sft({ packingStrategy: 'wrapped' }), CLASH, /packing: true/],
  ['room for one token', sft({ maxLength: 1 }), INVALID, /maxLength: .*>=2/],
  ['a group of one', rl({ numGenerations: 1 }), INVALID, /numGenerations: .*>=2/],
  [
    'groups that do not fill the batch',
    rl({ perDeviceTrainBatchSize: 3 }),
    CLASH,
    /Make their product a multiple of numGenerations/,
  ],
  [
    'windows over two generations',
    rl({ gradientAccumulationSteps: 2, stepsPerGeneration: 3, perDeviceTrainBatchSize: 2 }),
    CLASH,
    /not a multiple.*Make it one/,
  ],
  ['reinforcement learning without steps', rl({ maxSteps: undefined }), CLASH, /maxSteps is missing: say how many/],
  ['a cap that the loss ignores', rl({ lossType: 'sapo', delta: 2 }), CLASH, /Leave delta out/],
  ['a cap inside the clip', rl({ delta: 1.1 }), CLASH, /more than 1 \+ epsilon.*arxiv/],
  ['CISPO without its cap', rl({ lossType: 'cispo' }), CLASH, /Give epsilonHigh; 5 is usual.*arxiv/],
  [
    'GMPO at the sequence level',
    rl({ lossType: 'gmpo', importanceSamplingLevel: 'sequence' }),
    CLASH,
    /leave importanceSamplingLevel/,
  ],
  ['pass@k beyond the group', rl({ advantageEstimator: 'pass_at_k', passAtK: 5 }), CLASH, /Lower passAtK/],
  ['weights that nobody reads', rl({ rewardWeights: { a: 1 } }), CLASH, /normalize_then_sum/],
  [
    'dropped groups that carry the KL',
    rl({ dropZeroSignalGroups: true, beta: 0.1 }),
    CLASH,
    /KL term\. Set one of them off/,
  ],
  [
    'an entropy coefficient outside its bounds',
    rl({ useAdaptiveEntropy: true, entropyCoef: 2 }),
    CLASH,
    /between entropyCoefMin 0 and entropyCoefMax 1/,
  ],
  ['a clip that keeps no token', rl({ importanceSamplingClipMin: 3 }), CLASH, /less than importanceSamplingClipMax/],
  [
    'a correction of what is declared equal',
    rl({ importanceSamplingCorrection: true, oldLogProbs: 'sampler' }),
    CLASH,
    /Use oldLogProbs "recompute"/,
  ],
  ['temperature 0', rl({ temperature: 0 }), INVALID, /temperature: .*>0/],
  ['no nucleus', rl({ topP: 0 }), INVALID, /topP: .*>0/],
  ['an unknown pair loss', preference({ lossType: 'dpo' }), INVALID, /lossType: .*"sigmoid"/],
  ['a negative beta', preference({ beta: -1 }), INVALID, /beta: .*>0/],
];

const noFormat = { format: undefined };
const cut = { perDeviceTrainBatchSize: 1 };
const data: Case[] = [
  ['nothing to train on', sft({ dataset: undefined }), NO_ROWS, /Give `stream` or `dataset`/],
  [
    'an empty stream',
    sft({ dataset: undefined, stream: sums.stream({ epochs: 0 }) }),
    NO_ROWS,
    /no rows\. Check the dataset/,
  ],
  [
    'a row of unknown shape',
    sft({ dataset: arrayDataset('odd', [{ question: 'x' }] as never) }),
    ROW,
    /Map the dataset to one of these/,
  ],
  [
    'a conversation without a reply',
    sft({ dataset: rows({ messages: [{ role: 'user', content: '1' }] }) }),
    'TW_CHAT_EMPTY_MASK',
    /no assistant turn.*Add one, or drop the row/,
  ],
  ['messages without a format', sft({ ...noFormat, dataset: rows({ messages: [] }) }), ROW, /pass `format`/],
  ['text without a tokenizer', sft(noFormat), ROW, /pass `tokenizer` or `format`/],
  [
    'a mask of another length',
    sft({ dataset: rows({ ids: [1, 2, 3], mask: [1] }) }),
    ROW,
    /3 ids but 1 mask entries; they must be equal/,
  ],
  ['masks of zeros', sft({ dataset: rows({ ids: [1, 2], mask: [0, 0] }) }), NOTHING, /set completionOnlyLoss/],
  [
    'rows that are all too long',
    sft({ maxLength: 2, dataset: undefined, stream: sums.stream({ epochs: 1 }) }),
    NO_ROWS,
    /Raise maxLength/,
  ],
  ['a dataset whose rows are all too long', sft({ maxLength: 2 }), NO_ROWS, /truncationMode/],
  [
    'a text prompt with a reply of messages',
    sft({ dataset: rows({ prompt: 'x', completion: [{ role: 'assistant', content: '3' }] }) }),
    ROW,
    /both as messages/,
  ],
  [
    'ids of another vocabulary',
    sft({ dataset: rows({ ids: [1, size + 5] }) }),
    SHAPE,
    /Tokenise them with the model's own/,
  ],
  [
    'a model of another vocabulary',
    sft({ model: tinyModel({ vocabularySize: 8, layerCount: 1 }), dataset: rows({ ids: [1, 2] }) }),
    SHAPE,
    /Load both from the same folder/,
  ],
  [
    'evaluation rows that say nothing',
    sft({ evalSteps: 1, evalDataset: rows({ ids: [1, 2], mask: [0, 0] }) }),
    NOTHING,
    /evalDataset: .*Check its split/,
  ],
  [
    'prompts for half a generation',
    rl({ dataset: undefined, stream: problems.stream({ epochs: 1 }), perDeviceTrainBatchSize: 8 }),
    NO_ROWS,
    /one generation needs 4\. Lower perDeviceTrainBatchSize/,
  ],
  ['no prompts', rl({ dataset: undefined }), NO_ROWS, /Give `stream` or `dataset`/],
  [
    'rewards that are no numbers',
    rl({ reward: () => [Number.NaN, Number.NaN] }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /reward returned NaN; a score is a finite number/,
  ],
  [
    'rewards that all fail',
    rl({ reward: () => [{ error: 'timeout' }, { error: 'timeout' }] }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /2 x error: timeout.*mend the reward function/,
  ],
  [
    'a reward that throws',
    rl({
      reward: () => {
        throw new Error('no network');
      },
    }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /no network.*mend the reward function/,
  ],
  [
    'too few rewards',
    rl({ reward: () => [1] }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /1 scores for 2 completions; it must return one score for each/,
  ],
  [
    'completions longer than the context',
    rl({ ...cut, perDeviceTrainBatchSize: 2, maxCompletionLength: 4096 }),
    'TW_TRAINERS_PROMPT_TOO_LONG',
    /leaves -?\d+ tokens for a prompt.*Lower maxCompletionLength/,
  ],
  [
    'a pair without a rejected reply',
    preference({ dataset: arrayDataset('pairs', [{ prompt: '1', chosen: '2' }]) }),
    ROW,
    /no rejected: preference learning needs/,
  ],
];

const folders: [string, () => object, string, RegExp][] = [
  ['resuming without a folder to look in', () => ({ resumeFromCheckpoint: true }), CLASH, /Give outputDir/],
  [
    'a folder that is no checkpoint',
    () => ({ resumeFromCheckpoint: folder }),
    'TW_TRAINERS_CHECKPOINT_MISSING',
    /Name a checkpoint-<step> folder/,
  ],
  [
    'a folder that does not exist',
    () => ({ resumeFromCheckpoint: join(folder, 'none') }),
    'TW_TRAINERS_CHECKPOINT_MISSING',
    /none is no training checkpoint.*Name a checkpoint-<step> folder/,
  ],
  [
    'a checkpoint of other options',
    () => ({ resumeFromCheckpoint: checkpoint, learningRate: 0.5 }),
    MISMATCH,
    /learningRate was 0\.00002, is 0\.5\. Use the old options/,
  ],
  [
    'a damaged checkpoint',
    () => ({ resumeFromCheckpoint: join(folder, 'damaged') }),
    'TW_TRAINERS_CHECKPOINT_CORRUPT',
    /sha256 differs.*Remove it/,
  ],
  [
    'a checkpoint without its optimizer',
    () => ({ resumeFromCheckpoint: join(folder, 'partial') }),
    'TW_TRAINERS_CHECKPOINT_CORRUPT',
    /optimizer\.safetensors: has no such file.*Remove it/,
  ],
  [
    'an output folder that cannot be written',
    () => ({ outputDir: join(folder, 'file', 'run') }),
    'TW_TRAINERS_OUTPUT_FOLDER',
    /is a file, not a folder\. Choose another outputDir/,
  ],
];

async function weights(model: LanguageModel): Promise<string> {
  const hash = createHash('sha256');
  for (const tensor of model.namedTensors().values()) hash.update(Buffer.from((await tensor.data()).buffer));
  return hash.digest('hex');
}
/** @param steps that are trained before anything could be known to be wrong. */
async function expectRefusal(
  make: (model: LanguageModel) => Trainer,
  code: string,
  hint: RegExp,
  steps = 0,
): Promise<void> {
  const model = newModel();
  const before = await weights(model);
  const trained: TrainerEvent[] = [];
  let refusal: unknown;
  try {
    for await (const event of make(model).train()) if (event.type === 'step-end') trained.push(event);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(code.startsWith('TW_CHAT') ? ChatError : TrainerError);
  expect((refusal as TrainerError).code).toBe(code);
  expect((refusal as TrainerError).message).toMatch(hint);
  expect(trained).toHaveLength(steps);
  expect((await weights(model)) === before).toBe(steps === 0);
}

beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-wrong-'));
  await collectEvents(sft({ outputDir: folder, perDeviceTrainBatchSize: 1, maxSteps: 1 })(newModel()));
  checkpoint = join(folder, 'checkpoint-1');
  for (const name of ['damaged', 'partial']) await cp(checkpoint, join(folder, name), { recursive: true });
  const file = join(folder, 'damaged', 'model.safetensors');
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
  await rm(join(folder, 'partial', 'optimizer.safetensors'));
  await writeFile(join(folder, 'file'), 'not a folder');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('wrong options', () => {
  it.each(options)('%s', (what, make, code, hint) =>
    expectRefusal(make, code, hint, what.startsWith('a metric') ? 1 : 0),
  );
});
describe('wrong data', () => {
  it.each(data)('%s', (_, make, code, hint) => expectRefusal(make, code, hint));
});
describe('wrong folders', () => {
  it.each(folders)('%s', async (_, given, code, hint) => {
    const before = await readdir(folder, { recursive: true });
    const own = { perDeviceTrainBatchSize: 1, maxSteps: 1, ...given() };
    await expectRefusal(sft(own), code, hint);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  it('a disk that fills up keeps the checkpoint before, and the run goes on from it', async () => {
    const run = { outputDir: join(folder, 'full'), perDeviceTrainBatchSize: 1, maxSteps: 2, saveSteps: 1 };
    const loop = sft(run)(newModel()).train();
    const fill = async () => {
      for await (const event of loop) if (event.type === 'checkpoint') disk.isFull = true;
    };
    const failure = await fill().catch((error: unknown) => error);
    disk.isFull = false;
    expect(failure).toBeInstanceOf(CheckpointError);
    expect(failure).toMatchObject({ code: 'TW_CHECKPOINTS_DISK_FULL' });
    expect((failure as Error).message).toMatch(/no space left on the disk\. Free some space/);
    expect(await readdir(run.outputDir)).toEqual(['checkpoint-1']);
    const resumed = sft({ ...run, resumeFromCheckpoint: true })(newModel());
    await resumed.ready();
    expect(resumed.step).toBe(1);
    expect((await collectEvents(resumed)).summary.step).toBe(2);
  });
});

it('counts at least sixty', () => {
  expect(options.length + data.length + folders.length).toBeGreaterThanOrEqual(60);
});
