// One decoding step for all live rows: feed each its last id, sample its next by its own settings. Where the device can capture
// graphs, the step is recorded once for a number of rows and replayed, which leaves no work to JavaScript; row counts are
// rounded up to a few sizes and the surplus rows work on a spare slot. A captured step leaves its ids and the next positions
// where it reads them, so it can be repeated before JavaScript has seen them. Replayed and eager steps give the same bits. Rows whose
// sampling follows rules that the device does not know get their next id on the host, from their logits.

import {
  type CapturedGraph,
  createTokenCounts,
  currentDevice,
  followsRules,
  gatherRows,
  hasKernel,
  type KeyValueCache,
  linear,
  overwrite,
  packSettings,
  penalises,
  type RuledRow,
  runKernel,
  type SampledTokens,
  type SamplingOptions,
  SETTINGS_WIDTH,
  sampleByRules,
  sampleRows,
  startCounts,
  tf,
} from '@thinkwright/tensors';
import type { LanguageModel } from '../language-model.ts';
import type { Row } from './schedule.ts';

export interface SampledStep {
  ids: Int32Array;
  logProbs: Float32Array;
}

const INDICES = ['ids', 'slots', 'positions', 'keys', 'seeds'] as const;

type RowValues = Record<(typeof INDICES)[number], Int32Array> & { settings: Float32Array };
type StepInputs = Record<(typeof INDICES)[number], tf.Tensor1D> & { settings: tf.Tensor2D };

type StepOutputs = SampledTokens & {
  /** [M, V], where a row is sampled on the host. */
  logits?: tf.Tensor2D;
};

interface CapturedStep {
  size: number;
  inputs: StepInputs;
  graph: CapturedGraph<StepOutputs>;
}

export class DecodeStep {
  readonly #model: LanguageModel;
  readonly #cache: KeyValueCache;
  readonly #spareSlot: number | undefined;
  /** Ids seen by each slot; made for the first row whose sampling penalises them. */
  #counts: tf.Variable | undefined;
  readonly #counted = new WeakSet<Row>();
  #captured: CapturedStep | undefined;
  #repeatable = false;

  /** @param spareSlot a slot for padding rows; without it nothing is captured */
  constructor(model: LanguageModel, cache: KeyValueCache, spareSlot: number | undefined) {
    this.#model = model;
    this.#cache = cache;
    this.#spareSlot = spareSlot;
  }

  /** Samples the next id of each row; results are in the order of `rows`. */
  async run(rows: readonly Row[]): Promise<SampledStep> {
    this.#repeatable = false;
    this.#countPrompts(rows);
    if (this.#spareSlot !== undefined && currentDevice().captureGraph) return this.#replay(rows, this.#spareSlot);
    const outputs = tf.tidy(() => this.#step(toTensors(valuesOf(rows, rows.length, 0)), rows.some(isRuled)));
    const sampled = await readStep(outputs, rows);
    tf.dispose(Object.values(outputs));
    return sampled;
  }

  /** Launches the step after the last one, for the same rows; undefined when that one was not captured. */
  repeat(): Promise<SampledStep> | undefined {
    return this.#repeatable ? this.#launch([]) : undefined;
  }

  #replay(rows: readonly Row[], spareSlot: number): Promise<SampledStep> {
    const size = bucket(rows.length);
    const values = valuesOf(rows, size, spareSlot);
    const needsLogits = rows.some(isRuled);
    if (this.#captured?.size === size && (this.#captured.graph.outputs.logits || !needsLogits)) {
      const { inputs } = this.#captured;
      for (const name of [...INDICES, 'settings'] as const) overwrite(inputs[name], values[name]);
    } else {
      this.forget();
      const inputs = toTensors(values);
      for (const tensor of Object.values(inputs)) tf.keep(tensor);
      const graph = currentDevice().captureGraph!<StepOutputs & tf.TensorContainerObject>(() =>
        tf.tidy(() => {
          const outputs = this.#step(inputs, needsLogits);
          if (hasKernel('TwAdvance'))
            runKernel('TwAdvance', { ids: inputs.ids, positions: inputs.positions, sampled: outputs.ids });
          return outputs;
        }),
      );
      this.#captured = { size, inputs, graph };
    }
    this.#repeatable = hasKernel('TwAdvance') && !needsLogits;
    return this.#launch(rows);
  }

  #launch(rows: readonly Row[]): Promise<SampledStep> {
    const { graph } = this.#captured!;
    graph.replay();
    const step = readStep(graph.outputs, rows);
    step.catch(() => {}); // a step launched ahead may never be looked at
    return step;
  }

  #step(inputs: StepInputs, needsLogits: boolean): StepOutputs & tf.TensorContainerObject {
    const hidden = this.#model.decode(inputs.ids, this.#cache, inputs.slots, inputs.positions); // [M, C]
    const logits = linear(hidden, this.#model.outputWeight()); // [M, V]
    const sampled = sampleRows(logits, inputs, this.#counts);
    return needsLogits ? { ...sampled, logits } : { ...sampled };
  }

  /** Rows that are new to their slot and whose sampling looks at what was seen. */
  #countPrompts(rows: readonly Row[]): void {
    for (const row of rows) {
      if (this.#counted.has(row) || isRuled(row) || !penalises(row.request.sampling)) continue;
      this.#counted.add(row);
      const counts = this.#countsOfAllSlots();
      tf.tidy(() => startCounts(counts, row.slot, tf.tensor1d(row.request.promptIds, 'int32')));
    }
  }

  #countsOfAllSlots(): tf.Variable {
    const { slots } = this.#cache;
    const before = this.#counts;
    if (before && before.shape[0]! >= slots) return before;
    this.forget(); // a captured step knows the old counts, or none
    this.#counts = createTokenCounts(slots, this.#model.config.vocabularySize, before);
    before?.dispose();
    return this.#counts;
  }

  /** Drops the captured step: what it reads has changed. */
  forget(): void {
    this.#repeatable = false;
    if (!this.#captured) return;
    const { graph, inputs } = this.#captured;
    tf.dispose([...Object.values(graph.outputs), ...Object.values(inputs)]);
    graph.dispose();
    this.#captured = undefined;
  }

  dispose(): void {
    this.forget();
    this.#counts?.dispose();
    this.#counts = undefined;
  }
}

const isRuled = ({ request, ids }: Row): boolean => followsRules(request.sampling, ids.length);

/** What the device draws for a row that is sampled on the host, where it is thrown away. */
const CHEAPEST: SamplingOptions = { temperature: 0 };

/** Results of a step that was launched, with the host's for the rows that follow rules. */
async function readStep(outputs: StepOutputs, rows: readonly Row[]): Promise<SampledStep> {
  const ruled = [...rows.keys()].filter((index) => isRuled(rows[index]!));
  const logits = ruled.length > 0 ? tf.tidy(() => gatherRows(outputs.logits!, tf.tensor1d(ruled, 'int32'))) : undefined;
  const [ids, logProbs, values] = await Promise.all([
    outputs.ids.data<'int32'>(),
    outputs.logProbs.data<'float32'>(),
    logits?.data<'float32'>(),
  ]);
  logits?.dispose();
  if (!values) return { ids, logProbs };
  const drawn = sampleByRules(
    values,
    ruled.map((index) => ruledRow(rows[index]!)),
  );
  const sampled = { ids: ids.slice(), logProbs: logProbs.slice() };
  for (const [order, index] of ruled.entries()) {
    sampled.ids[index] = drawn[order]!.id;
    sampled.logProbs[index] = drawn[order]!.logProb;
  }
  return sampled;
}

function ruledRow({ request, ids, randomKey, nextPosition }: Row): RuledRow {
  const { sampling, promptIds } = request;
  return { sampling, promptIds, ids, seed: sampling.seed, key: randomKey, position: nextPosition };
}

/** Row counts that are captured: all to 8, then steps of an eighth to a quarter of the size. */
export function bucket(count: number): number {
  if (count <= 8) return count;
  const step = 2 ** Math.max(2, Math.floor(Math.log2(count - 1)) - 2);
  return Math.ceil(count / step) * step;
}

function valuesOf(rows: readonly Row[], size: number, spareSlot: number): RowValues {
  const values: RowValues = {
    ids: new Int32Array(size),
    slots: new Int32Array(size).fill(spareSlot),
    positions: new Int32Array(size),
    keys: new Int32Array(size),
    seeds: new Int32Array(size),
    settings: packSettings(
      rows.map((row) => (isRuled(row) ? CHEAPEST : row.request.sampling)),
      size,
    ),
  };
  for (const [index, row] of rows.entries()) {
    values.ids[index] = row.nextId;
    values.slots[index] = row.slot;
    values.positions[index] = row.nextPosition;
    values.keys[index] = row.randomKey;
    values.seeds[index] = row.request.sampling.seed;
  }
  return values;
}

function toTensors(values: RowValues): StepInputs {
  const indices = (name: (typeof INDICES)[number]) => tf.tensor1d(values[name], 'int32');
  return {
    ids: indices('ids'),
    slots: indices('slots'),
    positions: indices('positions'),
    keys: indices('keys'),
    seeds: indices('seeds'),
    settings: tf.tensor2d(values.settings, [values.settings.length / SETTINGS_WIDTH, SETTINGS_WIDTH]),
  };
}
