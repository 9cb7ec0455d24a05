// grpo/gmpo.jsonl, grpo/gspo-token.jsonl and grpo/adaptive-entropy.jsonl: the geometric mean, the sequence ratio with token gradients
// (with token advantages too), and the coefficient of the entropy bonus after each optimizer step.

import { windowNormaliser } from '../aggregation/aggregation.ts';
import {
  type AdaptiveEntropyState,
  afterWindow,
  entropyBonus,
  initialEntropyState,
} from '../entropy/adaptive-entropy.ts';
import { aggregationOf, type LossType } from '../policy-losses/loss-types.ts';
import { policyOptions } from './grpo-losses.ts';
import {
  absoluteDeviation,
  type Comparison,
  countFamily,
  deviationAt,
  type ParityFamily,
  relativeDeviation,
} from './parity-family.ts';
import { flatten, readCases } from './parity-folder.ts';
import { type PickedToken, type PolicyCase, pickTokens, runPolicyCase } from './policy-case.ts';

interface Inputs {
  logits: number[][][];
  ids: number[][];
  mask: number[][];
  oldLogps?: number[][];
  refLogps?: number[][];
  advantages: number[] | number[][];
}
interface Outputs {
  loss: number;
  gradLogits: number[][][];
}

const TOLERANCE = 2e-6;

export const gmpoParity = (folder: string): Promise<ParityFamily> =>
  wholeBatchParity(folder, 'grpo/gmpo.jsonl', { loss_type: 'gmpo', use_bias_correction_kl: false });

export const gspoTokenParity = (folder: string): Promise<ParityFamily> =>
  wholeBatchParity(folder, 'grpo/gspo-token.jsonl', { use_bias_correction_kl: false });

function wholeBatchParity(folder: string, file: string, fixed: Record<string, unknown>): Promise<ParityFamily> {
  return countFamily(readCases<Inputs, Outputs>(folder, file), async ({ options: given, inputs, outputs }) => {
    const options: Record<string, unknown> = { ...given, ...fixed };
    const picked = pickTokens(inputs.mask);
    const result = await runPolicyCase({
      ...policyCase(inputs, picked, options),
      topEntropyShare: (options.top_entropy_quantile as number | undefined) ?? 1,
      bonusWeight: () => 0,
    });
    return compareResult([result.loss], [outputs.loss], result.gradient, picked, outputs.gradLogits);
  });
}

function policyCase(
  inputs: Inputs,
  picked: PickedToken[],
  options: Record<string, unknown>,
): Omit<PolicyCase, 'topEntropyShare' | 'bonusWeight'> {
  const lengths = inputs.mask.map((row) => row.reduce((sum, m) => sum + m, 0));
  const normaliser = windowNormaliser(
    aggregationOf(options.loss_type as LossType),
    lengths,
    (options.max_completion_length as number | undefined) ?? 0,
  );
  return {
    picked,
    logits: inputs.logits,
    ids: inputs.ids,
    temperature: 1,
    advantage: ({ row, t }) => {
      const own = inputs.advantages[row]!;
      return typeof own === 'number' ? own : own[t]!;
    },
    weight: ({ row }) => normaliser.weight(lengths[row]!),
    oldLogProbs: inputs.oldLogps,
    referenceLogProbs: inputs.refLogps,
    objective: policyOptions(options),
  };
}

interface Step {
  logitsScale: number;
  loss: number[];
  entropyCoef: number;
  worldEntropy: number;
}

export function adaptiveEntropyParity(folder: string): Promise<ParityFamily> {
  const cases = readCases<Inputs, { steps: Step[] }>(folder, 'grpo/adaptive-entropy.jsonl');
  return countFamily(cases, async ({ options, inputs, outputs }) => {
    const adaptive = {
      entropyCoef: options.entropy_coef as number,
      entropyTarget: options.entropy_target as number,
      entropyCoefMin: options.entropy_coef_min as number,
      entropyCoefMax: options.entropy_coef_max as number,
      entropyCoefDelta: options.entropy_coef_delta as number,
    };
    const accumulation = options.gradient_accumulation_steps as number;
    const objective = { ...options, epsilon: 0.2, beta: 0 };
    const rows = inputs.mask.length / accumulation;
    // on-policy a token's loss is minus its advantage: the largest of the tensor that the loss is a mean of
    const scale = Math.max(...(inputs.advantages as number[]).map(Math.abs));
    let state: AdaptiveEntropyState = initialEntropyState(adaptive);
    const comparisons: Comparison[] = [];
    for (const { logitsScale, loss, entropyCoef, worldEntropy } of outputs.steps) {
      const logits = inputs.logits.map((row) => row.map((column) => column.map((value) => value * logitsScale)));
      const losses: number[] = [];
      const entropies: number[] = [];
      for (let start = 0; start < inputs.mask.length; start += rows) {
        const picked = pickTokens(inputs.mask, start, start + rows);
        const result = await runPolicyCase({
          ...policyCase({ ...inputs, logits }, picked, objective),
          topEntropyShare: 1,
          bonusWeight: (kept) => entropyBonus(state, adaptive) / kept / accumulation, // TRL: means of the micro-batches
        });
        losses.push(result.loss);
        entropies.push(...Array.from(result.entropies));
      }
      const mean = entropies.reduce((sum, value) => sum + value, 0) / entropies.length;
      state = afterWindow(state, mean, adaptive);
      comparisons.push(
        { what: 'loss', deviation: deviationAt(absoluteDeviation(losses, loss), scale), tolerance: TOLERANCE },
        { what: 'entropy', deviation: relativeDeviation([mean], [worldEntropy]), tolerance: TOLERANCE },
        { what: 'entropyCoef', deviation: Math.abs(state.coefficient - entropyCoef), tolerance: 1e-12 },
      );
    }
    return comparisons;
  });
}

function compareResult(
  losses: number[],
  expected: number[],
  gradient: Float32Array,
  picked: PickedToken[],
  gradLogits: number[][][],
): Comparison[] {
  const expectedGradient = flatten(picked.map(({ row, t }) => gradLogits[row]![t]!));
  return [
    { what: 'loss', deviation: relativeDeviation(losses, expected), tolerance: TOLERANCE },
    { what: 'gradLogits', deviation: relativeDeviation(gradient, expectedGradient), tolerance: TOLERANCE },
  ];
}
