// Several optimizers over disjoint parameters as one: their states side by side, each with its own multiple of the learning rate.

import type { Optimizer } from '@thinkwright/tensors';

export interface OptimizerPart {
  optimizer: Optimizer;
  /** Multiplies the learning rate. Default 1. */
  scale?: number;
}

/** @param parts at least one; no two may own the same parameter. */
export function combineOptimizers(parts: readonly OptimizerPart[]): Optimizer {
  const optimizers = parts.map(({ optimizer }) => optimizer);
  return {
    get step() {
      return optimizers[0]!.step;
    },
    update(gradients, learningRate, options) {
      for (const { optimizer, scale = 1 } of parts) optimizer.update(gradients, learningRate * scale, options);
    },
    state: () => new Map(optimizers.flatMap((optimizer) => [...optimizer.state()])),
    missedUpdates: () => Object.assign({}, ...optimizers.map((optimizer) => optimizer.missedUpdates())),
    async load(step, state, missedUpdates) {
      for (const optimizer of optimizers) await optimizer.load(step, state, missedUpdates);
    },
    dispose() {
      for (const optimizer of optimizers) optimizer.dispose();
    },
  };
}
