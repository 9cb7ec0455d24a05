// node --conditions=@thinkwright/source scripts/learning.ts [--seed 1 ...] [--algorithm NAME ...] [--folder runs/learning] [--table]
// Does every online algorithm learn? The quickstart's warm start (pretraining and fine-tuning, once a seed), then each algorithm from
// the same weights, then 256 held-out problems, 8 samples each. What is measured already is not run again; --table only writes the
// table into docs/trainers/online-rl.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chainAnswer, loadDataset } from '../packages/datasets/src/index.ts';
import { createEngine } from '../packages/models/src/index.ts';
import { loadRecipe, runRecipe } from '../packages/recipes/src/index.ts';
import { evaluateModel, evaluationOptionsSchema, openModel } from '../packages/recipes/src/stages/index.ts';
import { answerReward, combineRewards, formatReward } from '../packages/rewards/src/index.ts';
import { useDevice } from '../packages/tensors/src/index.ts';
import { createRlTrainer } from '../packages/trainers/src/index.ts';
import { algorithms, shared } from './learning/algorithms.ts';
import { writeTable } from './learning/table.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', multiple: true, default: ['1', '2', '3'] },
    algorithm: { type: 'string', multiple: true, default: Object.keys(algorithms) },
    folder: { type: 'string', default: 'runs/learning' },
    table: { type: 'boolean', default: false },
  },
});
const root = path.resolve(import.meta.dirname, '..');
const folder = path.resolve(root, values.folder);
const lengths = { shortest: 2, longest: 5 };

/** What a run left in its result file, or what `measure` finds now. */
async function once<T>(name: string, measure: () => Promise<T>): Promise<T> {
  const file = path.join(folder, `${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T;
  const result = await measure();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  console.log(name, JSON.stringify(result));
  return result;
}

interface WarmStart extends Awaited<ReturnType<typeof heldOut>> {
  /** Model folder, under the results' folder. */
  checkpoint: string;
}

/** The fine-tuned model of a seed, by the first two stages of the quickstart, and what it can do. */
async function warmStart(seed: number): Promise<WarmStart> {
  const recipe = await loadRecipe(path.join(root, 'examples/quickstart/quickstart.yaml'), { seed });
  const isWarm = ({ name }: { name: string }) => name === 'pretrain' || name === 'sft';
  const run = await runRecipe(
    { ...recipe, stages: recipe.stages.filter(isWarm), stageIndexes: recipe.stageIndexes.slice(0, 2) },
    { folder: path.join(folder, `warm-start-${seed}`) },
  );
  const checkpoint = path.relative(folder, run.result!.checkpoint!);
  const opened = await openModel(path.join(folder, checkpoint));
  const found = await heldOut(opened);
  opened.model.dispose();
  return { ...found, checkpoint };
}

type Opened = Awaited<ReturnType<typeof openModel>>;

/** Share of 256 held-out problems answered right, think mode: sampled (8 each) and greedy. */
async function heldOut({ model, format }: Opened) {
  const options = evaluationOptionsSchema.parse({ modes: ['think'] });
  const { think } = await evaluateModel({
    model,
    format,
    task: { name: 'last-digit-chains', options: lengths },
    options,
  });
  return { sampled: think!.sampled!, greedy: think!.greedy!, format: think!.format! };
}

async function learned(checkpoint: string, name: string, seed: number) {
  const { model, format } = await openModel(checkpoint);
  const rows = await loadDataset('last-digit-chains', { split: 'rl', ...lengths });
  const trainer = createRlTrainer({
    model,
    format,
    engine: createEngine(model),
    stream: rows.stream({ seed }),
    reward: combineRewards({
      accuracy: [answerReward({ extract: chainAnswer, compare: 'exact', from: 'text' }), 1],
      format: [formatReward({ pattern: /<think>([^<]*)<\/think><answer>(\d)<\/answer>/ }), 0.1],
    }),
    seed,
    ...shared,
    ...algorithms[name],
  });
  const curve: number[] = [];
  const started = performance.now();
  for await (const event of trainer.train()) {
    if (event.type !== 'step-end') continue;
    const accuracy = event.metrics['rewards/accuracy/mean'];
    if (accuracy !== undefined) curve.push(Number(accuracy.toFixed(3)));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const result = { ...(await heldOut({ model, format })), seconds, curve };
  trainer.dispose();
  model.dispose();
  return result;
}

if (!values.table) {
  await useDevice('auto');
  for (const seed of values.seed.map(Number)) {
    const { checkpoint } = await once(`warm-start-${seed}`, () => warmStart(seed));
    for (const name of values.algorithm)
      await once(`${name}-${seed}`, () => learned(path.join(folder, checkpoint), name, seed));
  }
}
writeTable(folder, values.seed.map(Number), path.join(root, 'docs/trainers/online-rl.md'));
