// A real run, written out as a user would, that says what it took: `node measured-run-process.ts CONFIG REQUEST`, both as JSON. A process of its
// own, because neither a device's memory nor a process's peak ever falls.

import { type ChatFormat, presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import {
  createAdapter,
  createClassifier,
  createEngine,
  createModel,
  emptyModel,
  type ModelConfig,
} from '@thinkwright/models';
import { collectTrajectories } from '@thinkwright/rollouts';
import { currentDevice, useDevice } from '@thinkwright/tensors';
import {
  createDistillationTrainer,
  createOnlinePreferenceTrainer,
  createPpoTrainer,
  createPreferenceTrainer,
  createProcessRewardTrainer,
  createRejectionSampler,
  createRewardModelTrainer,
  createRlTrainer,
  createSftTrainer,
  optionsFromSnakeCase,
  type Trainer,
} from '@thinkwright/trainers';
import type { MemoryPlanRequest } from './request.ts';

/** Bytes. */
export interface MeasuredRun {
  /** What the device touched. */
  device: number;
  /** The peak of the process's resident memory. */
  resident: number;
}

const STEPS = 3;
const quickstart = presetFormat('quickstart'); // a token for each character
/** Replies go on to their limit. */
const format: ChatFormat = { ...quickstart, stopIds: [] };

type PlannedRequest = MemoryPlanRequest & { promptLength: number };

function trainerOf(config: ModelConfig, request: PlannedRequest): Trainer {
  const { method, length, promptLength, lora, teacher, valueModel } = request;
  const [prompt, completion] = ['1'.repeat(promptLength), '2'.repeat(length - promptLength)];
  const ended = completion.slice(1); // what ends it is added
  const fresh = (own: ModelConfig, seed: number) => {
    const model = createModel(own, { seed });
    if (lora) model.attachAdapter(createAdapter(own, lora));
    return model;
  };
  const rows = <Row>(row: Row) => arrayDataset('rows', new Array<Row>(16).fill(row));
  const model = fresh(config, 1);
  const given = optionsFromSnakeCase(request.options) as Record<string, unknown>;
  const all = { format, maxSteps: STEPS, ...given };
  const shared = { ...all, model };
  const { maxSteps: _, ...inRounds } = shared;
  const pairs = rows({ prompt, chosen: ended, rejected: ended.replaceAll('2', '3') });
  const asked = { engine: createEngine(model), dataset: rows({ prompt }), reward: alternating };
  const maxCompletionLength = length - promptLength;
  const makers: Partial<Record<MemoryPlanRequest['method'], () => Trainer>> = {
    sft: () => createSftTrainer({ ...shared, dataset: rows({ text: prompt + ended }) }),
    rl: () => createRlTrainer({ ...shared, ...asked, maxCompletionLength }),
    ppo: () => {
      const values = valueModel && { valueModel: fresh(valueModel, 2) };
      return createPpoTrainer({ ...shared, ...asked, ...values, responseLength: maxCompletionLength });
    },
    'rejection-sampling': () =>
      createRejectionSampler({ ...inRounds, ...asked, maxCompletionLength, accept: () => true }),
    preference: () => createPreferenceTrainer({ ...shared, dataset: pairs }),
    'online-preference': () => createOnlinePreferenceTrainer({ ...shared, ...asked, maxCompletionLength }),
    distill: () => {
      const other = createModel(teacher!.config, { seed: 3 });
      const engines = { engine: createEngine(model), teacherEngine: createEngine(other) };
      return createDistillationTrainer({
        ...shared,
        ...engines,
        teacher: other,
        dataset: rows({ prompt, completion: ended }),
      });
    },
    'reward-model': () =>
      createRewardModelTrainer({ ...all, dataset: pairs, classifier: createClassifier(model, { kind: 'sequence' }) }),
    'process-reward': () => {
      const completions = completion.match(/.{16}/g)!.map((step) => step.slice(1)); // each gets a separator
      const dataset = rows({ prompt, completions, labels: completions.map((_, step) => step % 3 > 0) });
      return createProcessRewardTrainer({ ...all, dataset, classifier: createClassifier(model, { kind: 'token' }) });
    },
  };
  return makers[method]!();
}

const alternating = (batch: readonly unknown[]) => batch.map((_, index) => index % 2);

async function sample(config: ModelConfig, { length, promptLength, batch, loading }: PlannedRequest): Promise<void> {
  const engine = createEngine(emptyModel(config, loading), { maxBatch: batch });
  const sampling = { temperature: 1, maxTokens: length - promptLength, stopIds: [], seed: 1 };
  const promptIds = new Int32Array(promptLength).fill(1);
  await collectTrajectories(engine, [{ promptIds, samples: batch!, sampling, key: 'plan' }]);
}

async function measure(config: ModelConfig, request: PlannedRequest): Promise<MeasuredRun> {
  await useDevice('native');
  if (request.method === 'generate') await sample(config, request);
  else
    for await (const event of trainerOf(config, request).train())
      if (event.type === 'step-end' && event.step === STEPS) break;
  return { device: currentDevice().memory!().bytesReserved, resident: 1024 * process.resourceUsage().maxRSS };
}

const [config, request] = process.argv.slice(2).map((text) => JSON.parse(text));
console.log(JSON.stringify(await measure(config, request)));
