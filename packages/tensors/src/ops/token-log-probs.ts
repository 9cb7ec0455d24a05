// Log-probability of a target token for each row, and the entropy of each row's distribution, straight from the hidden
// state: LM head, temperature, log-softmax and gather in one op. No device holds [N, V].
// Kernels: TwTokenLogProbs { hidden, weight, targets, bias? } attrs { temperature, innerScale, cap (0: none), keepPanels }
// → [logProbs [N], entropy [N], logSumExp [N]];
// TwTokenLogProbsGrad { dLogProbs, hidden, weight, targets, logSumExp, bias?, sum? (of dWeight) } attrs { temperature, innerScale,
// cap, wantHidden, wantWeight, wantBias } → the wanted gradients in this order: [dHidden, dWeight, dBias].
import { expectIndices, expectPositive, expectShape } from '../expect.ts';
import { hasKernel, isGradientWanted, isRecording, record, runKernel, withoutGradient, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { checkpoint } from '../training/checkpoint.ts';

export interface TokenLogProbsOptions {
  /** Logits are divided by this; 1 when left out. */
  temperature?: number;
  /** [V], added to the logits before the scale. */
  bias?: tf.Tensor1D;
  /** Logits (with the bias) are multiplied by this before the cap (Cohere's models); 1 when left out. */
  logitScale?: number;
  /**
   * Logits become cap · tanh(logits / cap), after the scale and before the temperature (Gemma 2, arXiv 2408.00118; 30 there); no cap
   * when left out. Sampling needs `softcapLogits` for the same distribution.
   */
  finalLogitSoftcapping?: number;
}

export interface TokenLogProbs {
  /** log softmax(logits / temperature)[target]. [N] */
  logProbs: tf.Tensor1D;
  /** Entropy of softmax(logits / temperature) in nats; a constant for gradients. [N] */
  entropy: tf.Tensor1D;
}

/** cap · tanh(innerScale · logits) / temperature; without a cap it is 0 and the scale is part of the temperature. */
interface LogitShape {
  temperature: number;
  innerScale: number;
  cap: number;
}

/** Without a kernel the rows are worked through in blocks of at most this many logits. */
const BLOCK_LOGITS = 1 << 24;

/**
 * Log-probs of `targets` under the language-model head, whose logits are
 * cap · tanh(logitScale · (hidden Wᵀ + bias) / cap) / temperature, each step only if its option is given. No [N, V] matrix is held, forward
 * or backward, with or without a cap (a device without the kernel holds some matrices of at most 2^24 logits).
 * @param hidden [N, C]
 * @param weight [V, C]
 * @param targets int32 [N], each in [0, V)
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION
 */
export function tokenLogProbs(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  options: TokenLogProbsOptions = {},
): TokenLogProbs {
  const { temperature = 1, bias, logitScale = 1, finalLogitSoftcapping } = options;
  expectShape('tokenLogProbs', 'hidden', hidden, [-1, -1], '[N, C]');
  expectShape('tokenLogProbs', 'weight', weight, [-1, hidden.shape[1]], '[V, C]');
  expectIndices('tokenLogProbs', 'targets', targets, hidden.shape[0]);
  expectPositive('tokenLogProbs', 'temperature', temperature);
  expectPositive('tokenLogProbs', 'logitScale', logitScale);
  if (finalLogitSoftcapping !== undefined) expectCap('tokenLogProbs', finalLogitSoftcapping, logitScale);
  if (bias) expectShape('tokenLogProbs', 'bias', bias, [weight.shape[0]], '[V]');
  if (!hasKernel('TwTokenLogProbs')) return tokenLogProbsInBlocks(hidden, weight, targets, options);
  const shape: LogitShape =
    finalLogitSoftcapping === undefined
      ? { temperature: temperature / logitScale, innerScale: 1, cap: 0 }
      : { temperature, innerScale: logitScale / finalLogitSoftcapping, cap: finalLogitSoftcapping };
  return fusedTokenLogProbs(hidden, weight, targets, shape, bias);
}

/**
 * Capped logits as `tokenLogProbs` computes them: sampling from `softcapLogits(linear(hidden, weight), cap)` gives the log-probs of
 * `tokenLogProbs` with that cap, bit for bit.
 * @param logits [M, V]
 * @param cap above 0
 * @param logitScale logits are multiplied by this before the cap
 * @returns cap · tanh(logitScale · logits / cap), [M, V]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function softcapLogits(logits: tf.Tensor2D, cap: number, logitScale = 1): tf.Tensor2D {
  expectShape('softcapLogits', 'logits', logits, [-1, -1], '[M, V]');
  expectPositive('softcapLogits', 'logitScale', logitScale);
  expectCap('softcapLogits', cap, logitScale);
  return tf.mul(tf.tanh(tf.mul(logits, logitScale / cap)), cap);
}

/** Devices compute in float32, where a cap or its inverse may round to 0 or infinity. */
function expectCap(op: string, cap: number, logitScale: number): void {
  expectPositive(op, 'finalLogitSoftcapping', Math.fround(cap));
  expectPositive(op, 'logitScale / finalLogitSoftcapping', Math.fround(logitScale / cap));
}

function fusedTokenLogProbs(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  shape: LogitShape,
  bias: tf.Tensor1D | undefined,
): TokenLogProbs {
  const inputs: Record<string, tf.Tensor> = bias ? { hidden, weight, targets, bias } : { hidden, weight, targets };
  const [logProbs, entropy] = record<tf.Tensor[]>({
    inputs,
    forward(save) {
      const [values, entropies, logSumExp] = runKernel<tf.Tensor[]>('TwTokenLogProbs', inputs, {
        ...shape,
        keepPanels: !isRecording(),
      });
      save([hidden, weight, targets, logSumExp!, ...(bias ? [bias] : [])]);
      return [values!, entropies!];
    },
    backward([dLogProbs], [savedHidden, savedWeight, savedTargets, logSumExp, savedBias]) {
      const named: Record<string, tf.Tensor> = {
        dLogProbs: dLogProbs!,
        hidden: savedHidden!,
        weight: savedWeight!,
        targets: savedTargets!,
        logSumExp: logSumExp!,
      };
      if (savedBias) named.bias = savedBias;
      const wantHidden = isGradientWanted('hidden');
      const wantWeight = isGradientWanted('weight');
      const wantBias = savedBias !== undefined && isGradientWanted('bias');
      const gradients = runKernel<tf.Tensor[]>(
        'TwTokenLogProbsGrad',
        wantWeight ? withSumSoFar('weight', named) : named,
        {
          ...shape,
          wantHidden,
          wantWeight,
          wantBias,
        },
      );
      const dHidden = wantHidden ? gradients.shift() : undefined;
      const dWeight = wantWeight ? gradients.shift() : undefined;
      const dBias = wantBias ? gradients.shift() : undefined;
      return { hidden: () => dHidden!, weight: () => dWeight!, bias: () => dBias! };
    },
  });
  return { logProbs: logProbs as tf.Tensor1D, entropy: entropy as tf.Tensor1D };
}

/**
 * The same by plain ops in blocks of rows. With several blocks a recorded call keeps the logits of none: its backward pass computes each
 * block's again.
 */
export function tokenLogProbsInBlocks(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  options: TokenLogProbsOptions = {},
  blockLogits = BLOCK_LOGITS,
): TokenLogProbs {
  const rows = hidden.shape[0];
  const blockRows = Math.max(1, Math.floor(blockLogits / weight.shape[0]));
  if (rows <= blockRows) return tokenLogProbsComposite(hidden, weight, targets, options);
  const { bias } = options;
  const score = (...[ownHidden, ownTargets, ownWeight, ownBias]: tf.Tensor[]) => {
    const own = ownBias === undefined ? options : { ...options, bias: ownBias as tf.Tensor1D };
    const [states, table, ids] = [ownHidden as tf.Tensor2D, ownWeight as tf.Tensor2D, ownTargets as tf.Tensor1D];
    const { logProbs, entropy } = tokenLogProbsComposite(states, table, ids, own);
    return tf.stack([logProbs, entropy]) as tf.Tensor2D;
  };
  const counts = Array.from({ length: Math.ceil(rows / blockRows) }, (_, block) =>
    Math.min(blockRows, rows - block * blockRows),
  );
  const targetsOf = tf.split(targets, counts);
  const shared = bias === undefined ? [weight] : [weight, bias];
  const blocks = tf
    .split(hidden, counts)
    .map((block, index) => checkpoint(score, [block, targetsOf[index]!, ...shared], [])); // [2, count] each
  const [logProbs, entropy] = tf.unstack(tf.concat(blocks, 1)) as [tf.Tensor1D, tf.Tensor1D];
  return { logProbs, entropy };
}

/** The same in plain ops, all rows at once: a recorded call keeps [N, V]. */
export function tokenLogProbsComposite(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  { temperature = 1, bias, logitScale = 1, finalLogitSoftcapping: cap }: TokenLogProbsOptions = {},
): TokenLogProbs {
  const logits = tf.matMul<tf.Tensor2D>(hidden, weight, false, true);
  const biased = bias ? tf.add<tf.Tensor2D>(logits, bias) : logits;
  const all =
    cap === undefined
      ? logSoftmaxRows(biased, temperature / logitScale)
      : logSoftmaxRows(softcapLogits(biased, cap, logitScale), temperature); // [N, V]
  return {
    logProbs: pickColumns(all, targets),
    entropy: withoutGradient(() => tf.neg(tf.sum(tf.mul(tf.exp(all), all), 1)) as tf.Tensor1D),
  };
}

/** log softmax(logits / temperature) of each row, the same ops for training and for sampling. [M, V] */
export function logSoftmaxRows(logits: tf.Tensor2D, temperature: number): tf.Tensor2D {
  return tf.logSoftmax(temperature === 1 ? logits : tf.div(logits, temperature));
}

/** Element columns[i] of each row i. [M] */
export function pickColumns(matrix: tf.Tensor2D, columns: tf.Tensor1D): tf.Tensor1D {
  return tf.sum(tf.mul(matrix, tf.oneHot(columns, matrix.shape[1])), 1);
}
