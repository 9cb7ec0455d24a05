// Log-probability of one target token for each row, or of several, and the entropy of each row's distribution, straight from the hidden
// state: LM head, temperature, log-softmax and gather in one op. No device holds [N, V].
// Kernels: TwTokenLogProbs { hidden, weight, targets [N] or [N, K], bias? } attrs { temperature, innerScale, cap (0: none), keepPanels }
// → [logProbs like targets, entropy [N], logSumExp [N]];
// TwTokenLogProbsGrad { dLogProbs, hidden, weight, targets, logSumExp, bias?, sum? (of dWeight) } attrs { temperature, innerScale,
// cap, wantHidden, wantWeight, wantBias } → the wanted gradients in this order: [dHidden, dWeight, dBias].
import { expectIndices } from '../expect.ts';
import { hasKernel, isGradientWanted, isRecording, record, runKernel, withoutGradient, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { type HeadOptions, headLogSoftmax, type LogitShape, logitShapeOf } from './head-logits.ts';
import { BLOCK_LOGITS, inRowBlocks } from './in-row-blocks.ts';
import { pickColumns } from './pick-columns.ts';

export interface TokenLogProbs<Values extends tf.Tensor = tf.Tensor1D> {
  /** log softmax(logits / temperature)[target], in the shape of the targets. */
  logProbs: Values;
  /** Entropy of softmax(logits / temperature) in nats; a constant for gradients. [N] */
  entropy: tf.Tensor1D;
}

/**
 * Log-probs of `targets` under the language-model head, whose logits are
 * cap · tanh(logitScale · (hidden Wᵀ + bias) / cap) / temperature, each step only if its option is given. No [N, V] matrix is held, forward
 * or backward, with or without a cap (a device without the kernel holds some matrices of at most 2^24 logits).
 * @param hidden [N, C]
 * @param weight [V, C]
 * @param targets int32 [N], or [N, K] for K tokens of each row; each in [0, V). A token may be given twice: both places get its
 * log-prob, and their gradients add up.
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION
 */
export function tokenLogProbs<Targets extends tf.Tensor1D | tf.Tensor2D>(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: Targets,
  options: HeadOptions = {},
): TokenLogProbs<Targets> {
  const shape = logitShapeOf('tokenLogProbs', hidden, weight, options);
  expectIndices('tokenLogProbs', 'targets', targets, ...targetShape(hidden, targets));
  const result = hasKernel('TwTokenLogProbs')
    ? fusedTokenLogProbs(hidden, weight, targets, shape, options.bias)
    : tokenLogProbsInBlocks(hidden, weight, targets, options);
  return result as TokenLogProbs<Targets>;
}

/** What targets must be: [N, K] if they have two axes, K above 0, else [N]. */
function targetShape({ shape: [rows] }: tf.Tensor2D, targets: tf.Tensor | undefined): [number, ...number[]] {
  return targets?.shape.length === 2 ? [rows, Math.max(1, targets.shape[1]!)] : [rows];
}

function fusedTokenLogProbs(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor,
  shape: LogitShape,
  bias: tf.Tensor1D | undefined,
): TokenLogProbs<tf.Tensor> {
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
  return { logProbs: logProbs!, entropy: entropy as tf.Tensor1D };
}

/** The same by plain ops in blocks of rows. */
export function tokenLogProbsInBlocks<Targets extends tf.Tensor1D | tf.Tensor2D>(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: Targets,
  options: HeadOptions = {},
  blockLogits = BLOCK_LOGITS,
): TokenLogProbs<Targets> {
  const { bias } = options;
  const [logProbs, entropy] = inRowBlocks<[tf.Tensor, tf.Tensor1D]>(
    [hidden, targets],
    bias === undefined ? [weight] : [weight, bias],
    Math.floor(blockLogits / weight.shape[0]),
    (...[states, ids, table, ownBias]) => {
      const own = ownBias === undefined ? options : { ...options, bias: ownBias as tf.Tensor1D };
      const result = tokenLogProbsComposite(states as tf.Tensor2D, table as tf.Tensor2D, ids as Targets, own);
      return [result.logProbs, result.entropy];
    },
  );
  return { logProbs: logProbs as Targets, entropy };
}

/** The same in plain ops, all rows at once: a recorded call keeps [N, V]. */
export function tokenLogProbsComposite<Targets extends tf.Tensor1D | tf.Tensor2D>(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: Targets,
  options: HeadOptions = {},
): TokenLogProbs<Targets> {
  const all = headLogSoftmax(hidden, weight, options);
  return { logProbs: pickColumns(all, targets), entropy: entropyOfLogProbs(all) };
}

/** [N] entropies from all log-probs [N, V], a constant for gradients. */
export function entropyOfLogProbs(logProbs: tf.Tensor2D): tf.Tensor1D {
  return withoutGradient(() => tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), 1)) as tf.Tensor1D);
}
