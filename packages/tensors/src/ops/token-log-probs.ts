// Log-probability of a target token for each row, and the entropy of each row's distribution, straight from the hidden
// state: LM head, temperature, log-softmax and gather in one op. A device with the kernel never holds [N, V].
// Kernels: TwTokenLogProbs { hidden, weight, targets, bias? } attrs { temperature, keepPanels }
// → [logProbs [N], entropy [N], logSumExp [N]];
// TwTokenLogProbsGrad { dLogProbs, hidden, weight, targets, logSumExp, bias?, sum? (of dWeight) } attrs { temperature, wantHidden,
// wantWeight, wantBias } → the wanted gradients in this order: [dHidden, dWeight, dBias].
import { expectIndices, expectPositive, expectShape } from '../expect.ts';
import { hasKernel, isGradientWanted, isRecording, record, runKernel, withoutGradient, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';

export interface TokenLogProbsOptions {
  /** Logits are divided by this; 1 when left out. */
  temperature?: number;
  /** [V], added to the logits before the scale. */
  bias?: tf.Tensor1D;
  /** Logits are multiplied by this before the cap (Cohere's models); 1 when left out. */
  logitScale?: number;
  /**
   * Logits become cap tanh(logits / cap) before the temperature (Gemma's models). By plain ops in blocks of rows: a recorded call keeps
   * its [N, V] logits for the gradient, on every device.
   */
  finalLogitSoftcapping?: number;
}

export interface TokenLogProbs {
  /** log softmax(logits / temperature)[target]. [N] */
  logProbs: tf.Tensor1D;
  /** Entropy of softmax(logits / temperature) in nats; a constant for gradients. [N] */
  entropy: tf.Tensor1D;
}

/** The composite works through the rows in blocks of at most this many logits. */
const COMPOSITE_BLOCK_LOGITS = 1 << 24;

/**
 * Log-probs of `targets` under the language-model head.
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
  if (finalLogitSoftcapping !== undefined)
    expectPositive('tokenLogProbs', 'finalLogitSoftcapping', finalLogitSoftcapping);
  if (bias) expectShape('tokenLogProbs', 'bias', bias, [weight.shape[0]], '[V]');
  return hasKernel('TwTokenLogProbs') && finalLogitSoftcapping === undefined
    ? fusedTokenLogProbs(hidden, weight, targets, temperature / logitScale, bias)
    : tokenLogProbsComposite(hidden, weight, targets, options);
}

function fusedTokenLogProbs(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  temperature: number,
  bias: tf.Tensor1D | undefined,
): TokenLogProbs {
  const inputs: Record<string, tf.Tensor> = bias ? { hidden, weight, targets, bias } : { hidden, weight, targets };
  const [logProbs, entropy] = record<tf.Tensor[]>({
    inputs,
    forward(save) {
      const [values, entropies, logSumExp] = runKernel<tf.Tensor[]>('TwTokenLogProbs', inputs, {
        temperature,
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
          temperature,
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

/** The same in plain tfjs ops, in blocks of rows. */
export function tokenLogProbsComposite(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  { temperature = 1, bias, logitScale = 1, finalLogitSoftcapping: cap }: TokenLogProbsOptions = {},
): TokenLogProbs {
  const [rows, channels] = hidden.shape;
  const [vocabulary] = weight.shape;
  const blockRows = Math.max(1, Math.floor(COMPOSITE_BLOCK_LOGITS / vocabulary));
  const logProbs: tf.Tensor1D[] = [];
  const entropies: tf.Tensor1D[] = [];
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    const block = tf.slice(hidden, [row, 0], [count, channels]);
    const logits = tf.matMul<tf.Tensor2D>(block, weight, false, true);
    const biased = bias ? tf.add<tf.Tensor2D>(logits, bias) : logits;
    const all =
      cap === undefined
        ? logSoftmaxRows(biased, temperature / logitScale)
        : logSoftmaxRows(tf.mul<tf.Tensor2D>(tf.tanh(tf.mul(biased, logitScale / cap)), cap), temperature); // [count, V]
    logProbs.push(pickColumns(all, tf.slice(targets, [row], [count])));
    entropies.push(withoutGradient(() => tf.neg(tf.sum(tf.mul(tf.exp(all), all), 1)) as tf.Tensor1D));
  }
  return {
    logProbs: logProbs.length === 1 ? logProbs[0]! : tf.concat(logProbs),
    entropy: entropies.length === 1 ? entropies[0]! : tf.concat(entropies),
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
