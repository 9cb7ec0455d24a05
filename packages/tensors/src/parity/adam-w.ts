// optim/optimizers.jsonl: ten steps of torch.optim.AdamW in float32, parameters after each and the final state.
import { tf } from '../tfjs.ts';
import { createAdamW } from '../training/adam-w.ts';
import { deviationOf, FamilyCount, type FamilyResult, readCases } from './family-result.ts';

interface OptimizerCase {
  id: string;
  dtype: string;
  options: {
    lr: number;
    betas?: [number, number];
    eps?: number;
    weight_decay?: number;
    amsgrad?: boolean;
    learning_rates: number[] | null;
  };
  inputs: { parameters: unknown[]; gradients: unknown[][]; missingGradient: [number, number] | null };
  outputs: { parameters: unknown[][]; state: Record<'exp_avg' | 'exp_avg_sq' | 'max_exp_avg_sq', unknown[]> };
}

const TOLERANCE = 1e-6; // absolute, float32

/** Compares AdamW on the current device. */
export async function adamWParity(folder: string): Promise<FamilyResult> {
  const result = new FamilyCount();
  for (const one of await readCases<OptimizerCase>(folder, 'optim/optimizers.jsonl')) {
    if (!one.id.startsWith('adamw-') || one.dtype !== 'float32') continue;
    result.add(one.id, runCase(one), TOLERANCE);
  }
  return result;
}

function runCase({ options, inputs, outputs }: OptimizerCase): number {
  const parameters = inputs.parameters.map((values, index) => ({
    name: `${index}`,
    variable: tf.tidy(() => tf.variable(tf.tensor(values as number[], undefined, 'float32'))),
    decay: true,
  }));
  const [beta1, beta2] = options.betas ?? [0.9, 0.999];
  const optimizer = createAdamW(parameters, {
    beta1,
    beta2,
    epsilon: options.eps ?? 1e-8,
    weightDecay: options.weight_decay ?? 0.01,
    amsgrad: options.amsgrad,
  });
  let deviation = 0;
  const compare = (tensor: tf.Tensor, expected: unknown, absolute: boolean) => {
    const numbers = (expected as number[]).flat(Number.POSITIVE_INFINITY) as number[];
    deviation = Math.max(deviation, deviationOf(tensor.dataSync(), numbers, absolute));
  };
  for (const [step, gradients] of inputs.gradients.entries()) {
    tf.tidy(() => {
      const named = new Map<string, tf.Tensor>();
      for (const [index, values] of gradients.entries()) {
        const [missingStep, missingIndex] = inputs.missingGradient ?? [-1, -1];
        if (step === missingStep && index === missingIndex) continue;
        named.set(`${index}`, tf.tensor(values as number[], undefined, 'float32'));
      }
      optimizer.update(named, options.learning_rates?.[step] ?? options.lr);
    });
    for (const [index, { variable }] of parameters.entries()) compare(variable, outputs.parameters[step]![index], true);
  }
  const state = optimizer.state();
  for (const [name, tensor] of state) {
    const [index, moment] = name.split('.') as [string, keyof typeof outputs.state];
    compare(tensor, outputs.state[moment][Number(index)], false);
  }
  optimizer.dispose();
  tf.dispose(parameters.map(({ variable }) => variable));
  return deviation;
}
