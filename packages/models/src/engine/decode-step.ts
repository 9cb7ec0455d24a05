// One decoding step for all live rows: feed each its last id, sample its next. Where the device can capture graphs, the
// step is recorded once for a number of rows and replayed, which leaves no work to JavaScript; row counts are rounded up
// to a few sizes and the surplus rows work on a spare slot. A captured step leaves its ids and the next positions where it
// reads them, so it can be repeated before JavaScript has seen them. Replayed and eager steps give the same bits.

import type { Sampling } from '@thinkwright/rollouts';
import {
  type CapturedGraph,
  currentDevice,
  hasKernel,
  type KeyValueCache,
  linear,
  overwrite,
  penaliseRepetition,
  runKernel,
  sampleTokens,
  tf,
} from '@thinkwright/tensors';
import type { LanguageModel } from '../language-model.ts';
import type { Row } from './schedule.ts';
import { SeenIds } from './seen-ids.ts';

interface StepInputs {
  ids: tf.Tensor1D;
  slots: tf.Tensor1D;
  positions: tf.Tensor1D;
  keys: tf.Tensor1D;
  /** bool [M, V], where a row's sampling penalises repetition. */
  seen?: tf.Tensor2D;
}

interface StepOutputs {
  ids: tf.Tensor1D;
  logProbs: tf.Tensor1D;
}

export interface SampledStep {
  ids: ArrayLike<number>;
  logProbs: ArrayLike<number>;
}

/** Consecutive rows that are sampled alike. */
interface Segment {
  sampling: Sampling;
  count: number;
}

export class DecodeStep {
  readonly #model: LanguageModel;
  readonly #cache: KeyValueCache;
  readonly #spareSlot: number | undefined;
  readonly #seen: SeenIds;
  #repeatable = false;
  #captured: { size: number; sampling: Sampling; inputs: StepInputs; graph: CapturedGraph<StepOutputs> } | undefined;

  /** @param spareSlot a slot for padding rows; without it nothing is captured */
  constructor(model: LanguageModel, cache: KeyValueCache, spareSlot: number | undefined) {
    this.#model = model;
    this.#cache = cache;
    this.#spareSlot = spareSlot;
    this.#seen = new SeenIds(model.config.vocabularySize);
  }

  /** Samples the next id of each row; results are in the order of `rows`. */
  async run(rows: readonly Row[]): Promise<SampledStep> {
    const segments = segmentsOf(rows);
    this.#repeatable = false;
    if (segments.length === 1 && this.#spareSlot !== undefined && currentDevice().captureGraph)
      return this.#replay(rows, segments[0]!.sampling, this.#spareSlot);
    const outputs = tf.tidy(() => {
      const inputs = toTensors(inputsOf(rows, rows.length, 0));
      return this.#step(
        penalises(segments) ? { ...inputs, seen: this.#seenTensor(rows, rows.length) } : inputs,
        segments,
      );
    });
    const [ids, logProbs] = await Promise.all([outputs.ids.data(), outputs.logProbs.data()]);
    tf.dispose([outputs.ids, outputs.logProbs]);
    return { ids, logProbs };
  }

  #seenTensor(rows: readonly Row[], size: number): tf.Tensor2D {
    return tf.tensor2d(this.#seen.of(rows, size), [size, this.#model.config.vocabularySize], 'bool');
  }

  /**
   * Launches the step after the last one, for the same rows; undefined when that one was not captured, or when the next
   * depends on what it sampled in another way than by feeding it.
   */
  repeat(): Promise<SampledStep> | undefined {
    return this.#repeatable ? this.#launch() : undefined;
  }

  #replay(rows: readonly Row[], sampling: Sampling, spareSlot: number): Promise<SampledStep> {
    const size = bucket(rows.length);
    const values = inputsOf(rows, size, spareSlot);
    const penalised = penalises([{ sampling }]);
    if (this.#captured?.size !== size || !isSampledAlike(this.#captured.sampling, sampling)) {
      this.dispose();
      const inputs: StepInputs = toTensors(values);
      if (penalised) inputs.seen = this.#seenTensor(rows, size);
      for (const tensor of Object.values(inputs)) tf.keep(tensor);
      const graph = currentDevice().captureGraph!<StepOutputs & tf.TensorContainerObject>(() =>
        tf.tidy(() => {
          const outputs = this.#step(inputs, [{ sampling, count: size }]);
          if (hasKernel('TwAdvance'))
            runKernel('TwAdvance', { ids: inputs.ids, positions: inputs.positions, sampled: outputs.ids });
          return outputs;
        }),
      );
      this.#captured = { size, sampling, inputs, graph };
    } else {
      const { inputs } = this.#captured;
      for (const name of ['ids', 'slots', 'positions', 'keys'] as const) overwrite(inputs[name], values[name]);
      if (inputs.seen) overwrite(inputs.seen, this.#seen.of(rows, size));
    }
    this.#repeatable = hasKernel('TwAdvance') && !penalised;
    return this.#launch();
  }

  #launch(): Promise<SampledStep> {
    const { graph } = this.#captured!;
    graph.replay();
    const sampled = Promise.all([graph.outputs.ids.data(), graph.outputs.logProbs.data()]);
    const step = sampled.then(([ids, logProbs]) => ({ ids, logProbs }));
    step.catch(() => {}); // a step launched ahead may never be looked at
    return step;
  }

  #step(inputs: StepInputs, segments: readonly Segment[]): StepOutputs & tf.TensorContainerObject {
    const hidden = this.#model.decode(inputs.ids, this.#cache, inputs.slots, inputs.positions); // [M, C]
    const logits = linear(hidden, this.#model.outputWeight()); // [M, V]
    let first = 0;
    const parts = segments.map(({ sampling, count }) => {
      const whole = segments.length === 1;
      const part = whole ? logits : tf.slice(logits, [first, 0], [count, logits.shape[1]]);
      const cut = (tensor: tf.Tensor1D) => (whole ? tensor : tf.slice(tensor, [first], [count]));
      const { temperature, topK, topP, minP, repetitionPenalty = 1, seed } = sampling;
      const random = { seed, keys: cut(inputs.keys), positions: cut(inputs.positions) };
      const seen = inputs.seen && (whole ? inputs.seen : tf.slice(inputs.seen, [first, 0], [count, logits.shape[1]]));
      const weighed = seen && repetitionPenalty !== 1 ? penaliseRepetition(part, seen, repetitionPenalty) : part;
      const sampled = sampleTokens(weighed, { temperature, topK, topP, minP }, random);
      first += count;
      return sampled;
    });
    if (parts.length === 1) return { ...parts[0]! };
    return { ids: tf.concat(parts.map(({ ids }) => ids)), logProbs: tf.concat(parts.map(({ logProbs }) => logProbs)) };
  }

  dispose(): void {
    if (!this.#captured) return;
    const { graph, inputs } = this.#captured;
    tf.dispose([graph.outputs.ids, graph.outputs.logProbs, ...Object.values(inputs)]);
    graph.dispose();
    this.#captured = undefined;
  }
}

/** Row counts that are captured: all to 8, then steps of an eighth to a quarter of the size. */
export function bucket(count: number): number {
  if (count <= 8) return count;
  const step = 2 ** Math.max(2, Math.floor(Math.log2(count - 1)) - 2);
  return Math.ceil(count / step) * step;
}

function segmentsOf(rows: readonly Row[]): Segment[] {
  const segments: Segment[] = [];
  for (const { request } of rows) {
    const last = segments.at(-1);
    if (last && isSampledAlike(last.sampling, request.sampling)) last.count++;
    else segments.push({ sampling: request.sampling, count: 1 });
  }
  return segments;
}

const SAMPLING = ['temperature', 'seed', 'topK', 'topP', 'minP', 'repetitionPenalty'] as const;

function isSampledAlike(a: Sampling, b: Sampling): boolean {
  return a === b || SAMPLING.every((name) => a[name] === b[name]);
}

function penalises(segments: readonly Pick<Segment, 'sampling'>[]): boolean {
  return segments.some(({ sampling }) => (sampling.repetitionPenalty ?? 1) !== 1);
}

type RowInputs = Record<'ids' | 'slots' | 'positions' | 'keys', Int32Array>;

function inputsOf(rows: readonly Row[], size: number, spareSlot: number): RowInputs {
  const inputs = {
    ids: new Int32Array(size),
    slots: new Int32Array(size).fill(spareSlot),
    positions: new Int32Array(size),
    keys: new Int32Array(size),
  };
  for (const [index, row] of rows.entries()) {
    inputs.ids[index] = row.nextId;
    inputs.slots[index] = row.slot;
    inputs.positions[index] = row.nextPosition;
    inputs.keys[index] = row.randomKey;
  }
  return inputs;
}

function toTensors(values: RowInputs): StepInputs {
  const tensor = (name: keyof RowInputs) => tf.tensor1d(values[name], 'int32');
  return { ids: tensor('ids'), slots: tensor('slots'), positions: tensor('positions'), keys: tensor('keys') };
}
