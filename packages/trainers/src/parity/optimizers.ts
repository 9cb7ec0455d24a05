// optim/optimizers.jsonl: torch's AdamW, Adam, SGD and Muon, ten steps of recorded gradients. Recorded float64 runs are compared in
// float32 like the others: their inputs are exact in it.

import { createAdamW, type Optimizer, type Parameter, tf } from '@thinkwright/tensors';
import { adam } from '../optimizer/adam.ts';
import { type MuonOptions, muon } from '../optimizer/muon.ts';
import { createRuleOptimizer } from '../optimizer/rule-optimizer.ts';
import { sgd } from '../optimizer/sgd.ts';
import { absoluteDeviation, countFamily, type ParityFamily } from './parity-family.ts';
import { flatten, readCases } from './parity-folder.ts';

type Values = number[] | number[][];
interface Inputs {
  parameters: Values[];
  gradients: Values[][]; // [steps][parameters]
  missingGradient: [step: number, parameter: number] | null;
}

const TOLERANCE = 1e-6;
const MUON_TOLERANCE = 2e-2; // torch iterates in bfloat16

export function optimizersParity(folder: string): Promise<ParityFamily> {
  const cases = readCases<Inputs, { parameters: Values[][] }>(folder, 'optim/optimizers.jsonl');
  return countFamily(cases, async ({ id, options, inputs, outputs }) => {
    const parameters = inputs.parameters.map(
      (values, i): Parameter => ({
        name: `p${i}`,
        variable: tf.tidy(() => tf.variable(tensorOf(values))),
        decay: true,
      }),
    );
    const optimizer = optimizerOf(id, parameters, options);
    let deviation = 0;
    for (const [step, gradients] of inputs.gradients.entries()) {
      const given = new Map<string, tf.Tensor>();
      for (const [i, values] of gradients.entries()) {
        const isMissing = inputs.missingGradient?.[0] === step && inputs.missingGradient[1] === i;
        if (!isMissing) given.set(`p${i}`, tensorOf(values));
      }
      const rates = options.learning_rates as number[] | null;
      optimizer.update(given, rates?.[step] ?? (options.lr as number));
      tf.dispose([...given.values()]);
      for (const [i, { variable }] of parameters.entries()) {
        const expected = flatten(outputs.parameters[step]![i]!);
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1); // SGD drifts to hundreds
        deviation = Math.max(deviation, absoluteDeviation(await variable.data(), expected) / largest);
      }
    }
    optimizer.dispose();
    tf.dispose(parameters.map(({ variable }) => variable));
    return [{ what: 'parameters', deviation, tolerance: id.startsWith('muon') ? MUON_TOLERANCE : TOLERANCE }];
  });
}

function optimizerOf(id: string, parameters: Parameter[], options: Record<string, unknown>): Optimizer {
  const number = (name: string) => options[name] as number | undefined;
  const [beta1, beta2] = (options.betas as [number, number] | undefined) ?? [0.9, 0.999];
  const moments = { beta1, beta2, epsilon: number('eps') ?? 1e-8, weightDecay: number('weight_decay') ?? 0 };
  if (id.startsWith('sgd')) {
    const { momentum, dampening, nesterov } = options as { momentum?: number; dampening?: number; nesterov?: boolean };
    return createRuleOptimizer(parameters, sgd({ momentum, dampening, nesterov, weightDecay: number('weight_decay') }));
  }
  if (id.startsWith('muon')) {
    const adjustment = options.adjust_lr_fn as MuonOptions['adjustment'];
    const nesterov = options.nesterov as boolean | undefined;
    return createRuleOptimizer(parameters, muon({ adjustment, nesterov, weightDecay: number('weight_decay') }));
  }
  const amsgrad = options.amsgrad as boolean | undefined;
  return id.startsWith('adamw')
    ? createAdamW(parameters, { ...moments, amsgrad })
    : createRuleOptimizer(parameters, adam(moments));
}

function tensorOf(values: Values): tf.Tensor {
  const columns = Array.isArray(values[0]) ? values[0].length : undefined;
  const flat = Float32Array.from(flatten(values));
  return columns === undefined ? tf.tensor1d(flat) : tf.tensor2d(flat, [values.length, columns]);
}
