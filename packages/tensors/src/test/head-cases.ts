// Cases of the language-model head: log-probs of one target and of several, and the divergence from a teacher.
import { headDivergence, headDivergenceComposite } from '../ops/head-divergence.ts';
import { tokenLogProbs, tokenLogProbsComposite } from '../ops/token-log-probs.ts';
import { tf } from '../tfjs.ts';
import type { OpCase, OpInputs } from './op-cases.ts';
import { randomIntegers, randomTensor } from './random-tensors.ts';

const matrix = (inputs: OpInputs, name: string) => inputs[name] as tf.Tensor2D;
const vector = (inputs: OpInputs, name: string) => inputs[name] as tf.Tensor1D;

export function headCases(): OpCase[] {
  return [
    ...tokenLogProbsCases(),
    divergenceCase([1, 3, 5], 2, { beta: 0, temperature: 1 }),
    divergenceCase([13, 17, 77], 9, { beta: 0, temperature: 0.7 }),
    divergenceCase([70, 8, 300], 12, { beta: 1, temperature: 1.3 }),
    divergenceCase([13, 17, 77], 9, { beta: 0.5, temperature: 0.9 }),
    divergenceCase([5, 9, 600], 9, { beta: 0.1, temperature: 1 }),
  ];
}

function tokenLogProbsCases(): OpCase[] {
  const describe = (numbers: Record<string, number>) =>
    Object.entries(numbers)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  const make = (
    [rows, channels, vocabulary]: [number, number, number],
    {
      biased = false,
      each,
      ...numbers
    }: {
      temperature: number;
      biased?: boolean;
      each?: number;
      logitScale?: number;
      finalLogitSoftcapping?: number;
    },
  ): OpCase => {
    const ids = randomIntegers(rows * (each ?? 1), vocabulary, 5);
    const options = (inputs: OpInputs) => ({ ...numbers, ...(biased ? { bias: vector(inputs, 'bias') } : {}) });
    const run = (op: typeof tokenLogProbs) => (inputs: OpInputs) => {
      const targets = tf.tensor(ids, each === undefined ? [rows] : [rows, each], 'int32') as tf.Tensor1D | tf.Tensor2D;
      const result = op(matrix(inputs, 'hidden'), matrix(inputs, 'weight'), targets, options(inputs));
      return [result.logProbs, result.entropy];
    };
    return {
      name: `tokenLogProbs${each === undefined ? '' : ` of ${each} targets`} [${rows}, ${channels}], V ${vocabulary}, ${describe(numbers)}${biased ? ', bias' : ''}`,
      shapes: { hidden: [rows, channels], weight: [vocabulary, channels], ...(biased ? { bias: [vocabulary] } : {}) },
      fused: run(tokenLogProbs),
      composite: run(tokenLogProbsComposite),
      differentiable: 1,
    };
  };
  return [
    make([1, 3, 5], { temperature: 1 }),
    make([13, 17, 77], { temperature: 0.7 }),
    make([70, 8, 300], { temperature: 1.3, biased: true }),
    make([13, 17, 77], { temperature: 0.9, logitScale: 0.25 }),
    make([5, 9, 600], { temperature: 1, finalLogitSoftcapping: 2 }),
    make([70, 8, 300], { temperature: 0.8, biased: true, logitScale: 0.5, finalLogitSoftcapping: 1.5 }),
    make([13, 17, 77], { temperature: 0.7, each: 5 }),
    make([70, 8, 300], { temperature: 1.2, biased: true, each: 3, finalLogitSoftcapping: 3 }),
  ];
}

function divergenceCase(
  [rows, channels, vocabulary]: [number, number, number],
  teacherChannels: number,
  options: { beta: number; temperature: number },
): OpCase {
  const ids = randomIntegers(rows, vocabulary, 6);
  const run = (op: typeof headDivergence) => (inputs: OpInputs) => {
    const student = { hidden: matrix(inputs, 'hidden'), weight: matrix(inputs, 'weight') };
    const teacher = {
      hidden: randomTensor<tf.Tensor2D>([rows, teacherChannels], 7),
      weight: randomTensor<tf.Tensor2D>([vocabulary, teacherChannels], 8),
    };
    const { divergence, logProbs, entropy } = op(student, teacher, tf.tensor1d(ids, 'int32'), options);
    return [divergence, logProbs, entropy];
  };
  return {
    name: `headDivergence [${rows}, ${channels}], V ${vocabulary}, beta ${options.beta}, temperature ${options.temperature}`,
    shapes: { hidden: [rows, channels], weight: [vocabulary, channels] },
    fused: run(headDivergence),
    composite: run(headDivergenceComposite),
    differentiable: 1,
  };
}
