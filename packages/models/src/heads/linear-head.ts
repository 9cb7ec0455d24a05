// A small linear layer on the hidden states after the final norm: a value of each token, a score of a whole text, classes of steps.
// PPO's value head (https://arxiv.org/abs/1909.08593), reward models (https://arxiv.org/abs/2009.01325).

import { hashKey, linear, normalValues, type Parameter, tf } from '@thinkwright/tensors';

export interface LinearHeadOptions {
  /** Prefix of the parameters' names: `<name>.weight`, `<name>.bias`. */
  name: string;
  /** C, the width of the hidden states. */
  inputs: number;
  /** L. */
  outputs: number;
  bias: boolean;
  /** Standard deviation of the weights; 0: they begin at zero. */
  std: number;
  seed?: number;
}

export class LinearHead {
  readonly name: string;
  readonly weight: tf.Variable; // [L, C]
  readonly bias: tf.Variable | undefined; // [L]

  /** Owns the variables. */
  constructor(name: string, weight: tf.Variable, bias?: tf.Variable) {
    this.name = name;
    this.weight = weight;
    this.bias = bias;
  }

  parameters(): Parameter[] {
    const weight = { name: `${this.name}.weight`, variable: this.weight, decay: true };
    return this.bias ? [weight, { name: `${this.name}.bias`, variable: this.bias, decay: false }] : [weight];
  }

  /** [N, C] → [N, L]. Differentiable. */
  forward(hidden: tf.Tensor2D): tf.Tensor2D {
    return linear(hidden, this.weight as tf.Tensor as tf.Tensor2D, {
      biases: [(this.bias as tf.Tensor as tf.Tensor1D | undefined) ?? null],
    });
  }

  dispose(): void {
    this.weight.dispose();
    this.bias?.dispose();
  }
}

/** A fresh head: weights N(0, std²) that depend on seed and name alone, bias 0. */
export function createLinearHead({ name, inputs, outputs, bias, std, seed = 0 }: LinearHeadOptions): LinearHead {
  const size = inputs * outputs;
  const values = std === 0 ? new Float32Array(size) : normalValues(size, std, seed, hashKey(`${name}.weight`));
  const variable = (values: Float32Array, shape: number[]) => tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  return new LinearHead(
    name,
    variable(values, [outputs, inputs]),
    bias ? variable(new Float32Array(outputs), [outputs]) : undefined,
  );
}
