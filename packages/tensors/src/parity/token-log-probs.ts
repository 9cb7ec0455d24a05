// token-logprobs/cases.jsonl: log-probs, entropy and gradients of a chunked LM head, against torch in float64.
import { tokenLogProbs } from '../ops/token-log-probs.ts';
import { tf } from '../tfjs.ts';
import { computeGradients } from '../training/compute-gradients.ts';
import type { Parameter } from '../training/parameter.ts';
import { deviationOf, FamilyCount, type FamilyResult, readCases } from './family-result.ts';

interface TokenLogProbsCase {
  id: string;
  options: { temperature: number; final_logit_softcapping: number | null; logit_scale: number };
  inputs: {
    hidden: number[][];
    weight: number[][];
    bias: number[] | null;
    targets: number[];
    gradLogProbs: number[];
    gradEntropy: number[];
  };
  outputs: {
    float64: {
      logProbs: number[];
      entropy: number[];
      gradHidden: number[][];
      gradWeight: number[][];
      gradBias: number[];
    };
  };
}

const TOLERANCE = 2e-6; // relative to the largest entry, float32

/** Compares tokenLogProbs on the current device. */
export async function tokenLogProbsParity(folder: string): Promise<FamilyResult> {
  const result = new FamilyCount();
  for (const one of await readCases<TokenLogProbsCase>(folder, 'token-logprobs/cases.jsonl')) {
    result.add(one.id, runCase(one), TOLERANCE);
  }
  return result;
}

function runCase({ options, inputs, outputs }: TokenLogProbsCase): number {
  const named: Record<string, number[] | number[][]> = { hidden: inputs.hidden, weight: inputs.weight };
  if (inputs.bias) named.bias = inputs.bias;
  const parameters: Parameter[] = Object.entries(named).map(([name, values]) => ({
    name,
    variable: tf.tidy(() => tf.variable(tf.tensor(values, undefined, 'float32'))),
    decay: false,
  }));
  const [hidden, weight, bias] = parameters.map(({ variable }) => variable) as [tf.Variable, tf.Variable, tf.Variable?];
  const { temperature, logit_scale: logitScale } = options;
  const finalLogitSoftcapping = options.final_logit_softcapping ?? undefined;
  const { loss, gradients, kept } = computeGradients<Record<string, tf.Tensor>>(() => {
    const targets = tf.tensor1d(inputs.targets, 'int32');
    const { logProbs, entropy } = tokenLogProbs(hidden as tf.Tensor2D, weight as tf.Tensor2D, targets, {
      ...{ temperature, logitScale, finalLogitSoftcapping },
      ...(bias ? { bias: bias as tf.Tensor1D } : {}),
    });
    return { loss: tf.sum(tf.mul(logProbs, tf.tensor1d(inputs.gradLogProbs))), keep: { logProbs, entropy } };
  }, parameters);
  const expected = outputs.float64;
  const entropyPart = entropyGradients(inputs, options);
  const deviations = [
    deviationOf(kept.logProbs!.dataSync(), expected.logProbs),
    deviationOf(kept.entropy!.dataSync(), expected.entropy),
  ];
  const whole = { hidden: expected.gradHidden.flat(), weight: expected.gradWeight.flat(), bias: expected.gradBias };
  for (const [name, gradient] of gradients) {
    const part = entropyPart[name as keyof typeof whole];
    const withoutEntropy = whole[name as keyof typeof whole].map((value, index) => value - part[index]!);
    deviations.push(deviationOf(gradient.dataSync(), withoutEntropy));
  }
  tf.dispose([loss, ...gradients.values(), ...Object.values(kept), ...parameters.map(({ variable }) => variable)]);
  return Math.max(...deviations);
}

/** What the entropy term adds to the reference's gradients, in float64: dH/dz = -p (log p + H). Ours treats it as constant. */
function entropyGradients(
  { hidden, weight, bias, gradEntropy }: TokenLogProbsCase['inputs'],
  { temperature, logit_scale: scale, final_logit_softcapping: cap }: TokenLogProbsCase['options'],
) {
  const channels = hidden[0]!.length;
  const result = {
    hidden: new Float64Array(hidden.length * channels),
    weight: new Float64Array(weight.length * channels),
    bias: new Float64Array(weight.length),
  };
  for (const [row, state] of hidden.entries()) {
    const capped = weight.map((line, token) => {
      const scaled = scale * (line.reduce((sum, value, c) => sum + value * state[c]!, 0) + (bias?.[token] ?? 0));
      return cap === null ? scaled : cap * Math.tanh(scaled / cap);
    });
    const logits = capped.map((value) => value / temperature);
    const largest = Math.max(...logits);
    const logSum = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
    const entropy = logits.reduce((sum, logit) => sum - Math.exp(logit - logSum) * (logit - logSum), 0);
    for (const [token, logit] of logits.entries()) {
      const slope = -Math.exp(logit - logSum) * (logit - logSum + entropy);
      const inner = scale * (cap === null ? 1 : 1 - (capped[token]! / cap) ** 2);
      const upstream = (gradEntropy[row]! * slope * inner) / temperature;
      result.bias[token]! += upstream;
      for (let c = 0; c < channels; c++) {
        result.hidden[row * channels + c]! += upstream * weight[token]![c]!;
        result.weight[token * channels + c]! += upstream * state[c]!;
      }
    }
  }
  return result;
}
