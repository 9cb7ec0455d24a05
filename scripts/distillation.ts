// node --conditions=@thinkwright/source scripts/distillation.ts [--seed 1 ...] [--folder runs/distillation] [--table]
// What a small student learns from a trained teacher: the quickstart's model (0.6M parameters, run whole for seed 1) teaches one of 0.1M that has
// read nothing, by each kind of distillation with the same number of updates. What is measured already is not run again; --table only writes
// the table into docs/trainers/distillation.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadDataset } from '../packages/datasets/src/index.ts';
import { createEngine, createModel, type LanguageModel, loadModel, saveModel } from '../packages/models/src/index.ts';
import { loadRecipe, runRecipe } from '../packages/recipes/src/index.ts';
import { evaluateModel, evaluationOptionsSchema, openModel } from '../packages/recipes/src/stages/index.ts';
import { useDevice } from '../packages/tensors/src/index.ts';
import { createDistillationTrainer, type DistillationOptionsInput } from '../packages/trainers/src/index.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', multiple: true, default: ['1', '2', '3'] },
    folder: { type: 'string', default: 'runs/distillation' },
    table: { type: 'boolean', default: false },
  },
});
const root = path.resolve(import.meta.dirname, '..');
const folder = path.resolve(root, values.folder);
const lengths = { shortest: 2, longest: 5 };

interface Kind {
  options: DistillationOptionsInput;
  /** Ask the teacher through an engine only, as one would a server. */
  engineOnly?: boolean;
  /** Goes on from the student that this kind has taught. */
  after?: string;
}

const shared: DistillationOptionsInput = {
  maxSteps: 600,
  perDeviceTrainBatchSize: 32,
  maxNewTokens: 32,
  temperature: 1,
  learningRate: 4e-3,
  lrSchedulerType: 'warmup_times_decay',
  lrSchedulerKwargs: { endFactor: 0.1 },
  warmupSteps: 20,
  adamBeta2: 0.99,
};
const onPolicy = { lmbda: 1, beta: 1, maxSteps: 150, learningRate: 1e-3 };

const kinds: Record<string, Kind> = {
  "teacher's traces, tokens only": { options: { lossType: 'nll', seqKd: true, lmbda: 0 }, engineOnly: true },
  "teacher's traces, its probabilities": { options: { seqKd: true, lmbda: 0, beta: 0 } },
  "teacher's traces, its 4 likeliest tokens": {
    options: { seqKd: true, lmbda: 0, beta: 0, topK: 4 },
    engineOnly: true,
  },
  'half on its own completions (GKD)': { options: { seqKd: true, lmbda: 0.5, beta: 0.5 } },
  'then on its own completions, reverse KL': { options: onPolicy, after: "teacher's traces, tokens only" },
  'then more traces, tokens only': {
    options: { ...onPolicy, lossType: 'nll', seqKd: true, lmbda: 0 },
    engineOnly: true,
    after: "teacher's traces, tokens only",
  },
};

interface Measured {
  sampled: number;
  greedy: number;
  seconds: number;
}

const fileOf = (name: string) => path.join(folder, `${name.replaceAll(/[^\w-]+/g, '-')}.json`);
const read = (name: string): Measured | undefined =>
  existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : undefined;

async function once(name: string, measure: () => Promise<Measured>): Promise<void> {
  if (read(name)) return;
  const result = await measure();
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(result)}\n`);
  console.log(name, JSON.stringify(result));
}

type Opened = Awaited<ReturnType<typeof openModel>>;

/** Share of 256 held-out problems answered right, think mode: sampled (8 each) and greedy. */
async function heldOut(opened: Opened) {
  const options = evaluationOptionsSchema.parse({ modes: ['think'] });
  const { think } = await evaluateModel({ ...opened, task: { name: 'last-digit-chains', options: lengths }, options });
  return { sampled: think!.sampled!, greedy: think!.greedy! };
}

/** The quickstart, whole; its run folder goes on where it was. */
async function teacherFolder(): Promise<string> {
  const recipe = await loadRecipe(path.join(root, 'examples/quickstart/quickstart.yaml'), { seed: 1 });
  const { result } = await runRecipe(recipe, { folder: path.join(folder, 'teacher'), policy: 'resume' });
  return result!.checkpoint!;
}

function untrained({ config }: LanguageModel, seed: number): LanguageModel {
  const sizes = { hiddenSize: 64, intermediateSize: 176, layerCount: 2, headDimension: 16 };
  return createModel({ ...config, ...sizes }, { seed, initialization: { embeddingStd: 0.1 } });
}

async function teach(teacher: Opened, name: string, seed: number): Promise<Measured> {
  const { options, engineOnly, after } = kinds[name]!;
  const { format } = teacher;
  const place = (kind: string) => path.join(folder, `students/${kind.replaceAll(/[^\w-]+/g, '-')}-${seed}`);
  const model = after === undefined ? untrained(teacher.model, seed) : await loadModel(place(after));
  const stream = (await loadDataset('last-digit-chains', { split: 'sft', thinkShare: 1, ...lengths })).stream({ seed });
  const teacherEngine = createEngine(teacher.model);
  const trainer = createDistillationTrainer({
    model,
    ...(!engineOnly && { teacher: teacher.model }),
    teacherEngine,
    engine: createEngine(model),
    format,
    stream,
    ...shared,
    seed,
    ...options,
  });
  const started = performance.now();
  const events = trainer.train();
  while (!(await events.next()).done);
  const seconds = Math.round((performance.now() - started) / 1000);
  await saveModel(model, place(name));
  const found = await heldOut({ model, format });
  trainer.dispose();
  model.dispose();
  return { ...found, seconds };
}

const START = '<!-- distillation table: written by scripts/distillation.ts -->';
const END = '<!-- end of distillation table -->';
const points = (share: number) => (100 * share).toFixed(1);

function writeTable(): void {
  const seeds = values.seed.map(Number);
  const row = (title: string, names: string[]) => {
    const found = names.map(read);
    const seconds = found.flatMap((one) => one?.seconds ?? []);
    const spread = seconds.length > 1 ? `${Math.min(...seconds)}-${Math.max(...seconds)} s` : `${seconds[0] ?? ''} s`;
    const greedy = found.flatMap((one) => one?.greedy ?? []);
    const mean = greedy.reduce((sum, value) => sum + value, 0) / greedy.length;
    return `| ${[title, ...found.map((one) => (one ? points(one.sampled) : '')), points(mean), spread].join(' | ')} |`;
  };
  const table = [
    `| | ${seeds.map((seed) => `seed ${seed}`).join(' | ')} | greedy, mean | wall time |`,
    `|---|${seeds.map(() => '---|').join('')}---|---|`,
    row(
      'untrained student',
      seeds.map((seed) => `untrained-${seed}`),
    ),
    ...Object.keys(kinds).map((name) =>
      row(
        name,
        seeds.map((seed) => `${name}-${seed}`),
      ),
    ),
  ].join('\n');
  const page = path.join(root, 'docs/trainers/distillation.md');
  const text = readFileSync(page, 'utf8');
  if (!text.includes(START)) throw new Error(`${page} has no place for the table: ${START} ... ${END}`);
  writeFileSync(page, `${text.split(START)[0]}${START}\n\n${table}\n\n${END}${text.split(END)[1]}`);
}

if (!values.table) {
  await useDevice('auto');
  const teacher = await openModel(await teacherFolder());
  await once('teacher', async () => ({ ...(await heldOut(teacher)), seconds: 0 }));
  for (const seed of values.seed.map(Number)) {
    await once(`untrained-${seed}`, async () => {
      const model = untrained(teacher.model, seed);
      const found = await heldOut({ model, format: teacher.format });
      model.dispose();
      return { ...found, seconds: 0 };
    });
    for (const name of Object.keys(kinds)) await once(`${name}-${seed}`, () => teach(teacher, name, seed));
  }
}
writeTable();
