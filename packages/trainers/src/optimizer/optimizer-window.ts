// One optimizer window: gradients of its micro-batches are summed, their norm is read and checked, then one update is made.
// The only await is that of the numbers of the step, so the event loop stays free while the device works.

import type { LanguageModel } from '@thinkwright/models';
import { clipScale, computeGradients, globalNorm, type Optimizer, type Parameter, tf } from '@thinkwright/tensors';
import { TrainerError } from '../errors.ts';
import { createOptimizer, type OptimizerOptions } from './create-optimizer.ts';
import { decays } from './decay-groups.ts';
import { type AveragedOptimizer, averageWeights } from './weight-average.ts';

export interface WindowOptions extends OptimizerOptions {
  maxGradNorm: number;
  /** Keep a moving average of the weights with this decay. */
  emaDecay?: number | null;
}

export interface WindowResult {
  loss: number;
  gradNorm: number;
}

/** State lives in the optimizer; between two windows nothing else is kept. */
export class OptimizerWindow {
  readonly parameters: Parameter[];
  readonly optimizer: Optimizer;
  /** With emaDecay. */
  readonly average: AveragedOptimizer | undefined;
  #model: LanguageModel;
  #maxGradNorm: number;
  #gradients = new Map<string, tf.Tensor>();
  #losses: tf.Scalar[] = [];

  /** @param beside parameters that are trained along with the model's, such as a head's. */
  constructor(model: LanguageModel, options: WindowOptions, beside: readonly Parameter[] = []) {
    this.#model = model;
    this.#maxGradNorm = options.maxGradNorm;
    this.parameters = [...model.parameters(), ...beside].map((parameter) => ({
      ...parameter,
      decay: decays(parameter.name),
    }));
    const optimizer = createOptimizer(this.parameters, options);
    const { emaDecay = null } = options;
    if (emaDecay !== null) this.average = averageWeights(optimizer, this.parameters, emaDecay);
    this.optimizer = this.average ?? optimizer;
  }

  /**
   * Adds the gradient of a micro-batch, whose loss is already its share of the window's.
   * @returns the tensors that `compute` asked to keep; the caller disposes them.
   */
  add<Kept extends Record<string, tf.Tensor>>(compute: () => { loss: tf.Scalar; keep: Kept }): Kept {
    const { loss, kept } = computeGradients(compute, this.parameters, this.#gradients);
    this.#losses.push(loss);
    return kept as Kept;
  }

  /**
   * Updates the weights with the sum of the gradients, clipped as torch does, and leaves the window empty.
   * @throws TrainerError NOT_FINITE before the weights are touched.
   */
  async close(learningRate: number): Promise<WindowResult> {
    const gradients = this.#gradients;
    if (gradients.size === 0)
      throw new TrainerError(
        'TW_TRAINERS_NOTHING_SUPERVISED',
        'The optimizer window is empty: no micro-batch was added.',
      );
    const norm = globalNorm(gradients.values());
    try {
      const [[gradNorm], losses] = await Promise.all([
        norm.data(),
        Promise.all(this.#losses.map(async (loss) => (await loss.data())[0]!)),
      ]);
      const loss = losses.reduce((sum, value) => sum + value, 0);
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
        throw new TrainerError(
          'TW_TRAINERS_NOT_FINITE',
          `Loss ${loss}, gradient norm ${gradNorm} at step ${this.optimizer.step + 1}: the weights were left as they were. ` +
            'Lower learningRate, raise warmupSteps, or go back to an earlier checkpoint.',
        );
      }
      const scale = this.#maxGradNorm > 0 ? clipScale(norm, this.#maxGradNorm) : undefined;
      this.optimizer.update(gradients, learningRate, scale === undefined ? {} : { gradientScale: scale });
      scale?.dispose();
      this.#model.weightVersion += 1;
      return { loss, gradNorm: gradNorm! };
    } finally {
      norm.dispose();
      this.discard();
    }
  }

  /** Runs with the averaged weights in place of the trained ones (with emaDecay). */
  async withAverage<T>(run: () => Promise<T> | T): Promise<T> {
    await this.#swapAverage();
    try {
      return await run();
    } finally {
      await this.#swapAverage();
    }
  }

  async #swapAverage(): Promise<void> {
    if (this.average === undefined) return;
    await this.average.swap();
    this.#model.weightVersion += 1;
  }

  /** Drops what was added. */
  discard(): void {
    tf.dispose(this.#losses);
    tf.dispose([...this.#gradients.values()]);
    this.#losses = [];
    this.#gradients.clear();
  }

  dispose(): void {
    this.discard();
    this.optimizer.dispose();
  }
}
