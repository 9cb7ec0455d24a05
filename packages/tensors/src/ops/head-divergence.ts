// Divergence of a student's distribution from a teacher's over the whole vocabulary, straight from the hidden states of both: two LM heads,
// temperature, log-softmax and the divergence in one op. No device holds [N, V].
// Kernels: TwHeadDivergence { hidden, weight, teacherHidden, teacherWeight, targets } attrs { temperature, beta, keepPanels }
// → [divergence [N], logProbs [N], entropy [N], numbers (for the gradient; their shape is the device's)];
// TwHeadDivergenceGrad { dDivergence, hidden, weight, teacherHidden, teacherWeight, numbers, sum? (of dWeight) } attrs { temperature, beta,
// wantHidden, wantWeight } → the wanted gradients in this order: [dHidden, dWeight].
import { TensorError } from '../errors.ts';
import { expectIndices, expectPositive, expectShape } from '../expect.ts';
import { hasKernel, isGradientWanted, isRecording, record, runKernel, withoutGradient, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { divergenceTerms } from './divergence-terms.ts';
import { headLogSoftmax } from './head-logits.ts';
import { BLOCK_LOGITS, inRowBlocks } from './in-row-blocks.ts';
import { pickColumns } from './pick-columns.ts';
import { entropyOfLogProbs, type TokenLogProbs } from './token-log-probs.ts';

/** A language-model head and what goes into it. */
export interface HeadInputs {
  /** [N, C] */
  hidden: tf.Tensor2D;
  /** [V, C] */
  weight: tf.Tensor2D;
}

export interface HeadDivergenceOptions {
  /** 0: KL(teacher, student). 1: KL(student, teacher). Between: beta KL(teacher, M) + (1 - beta) KL(student, M), M = beta teacher + (1 - beta) student. */
  beta: number;
  /** Logits of both are divided by this; 1 when left out. */
  temperature?: number;
}

/** With the log-probs of `targets` and the entropies of the student at temperature 1, which are constants for gradients. */
export interface HeadDivergence extends TokenLogProbs {
  /** In nats. [N] */
  divergence: tf.Tensor1D;
}

/**
 * Generalised Jensen-Shannon divergence of two heads at each row (GKD, https://arxiv.org/abs/2306.13649 eq. 1), with gradients by the
 * student's hidden states and weight; the teacher is a constant. No [N, V] matrix is held, forward or backward (a device without the kernel
 * holds some matrices of at most 2^24 logits). Heads without bias, scale and soft cap only.
 * @param student what learns
 * @param teacher of its own width; the vocabulary is the student's. Its weight may be stored in fewer bits.
 * @param targets int32 [N], each in [0, V)
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION
 */
export function headDivergence(
  student: HeadInputs,
  teacher: HeadInputs,
  targets: tf.Tensor1D,
  options: HeadDivergenceOptions,
): HeadDivergence {
  const op = 'headDivergence';
  const { beta, temperature = 1 } = options;
  expectShape(op, 'student.hidden', student.hidden, [-1, -1], '[N, C]');
  const [rows, channels] = student.hidden.shape;
  expectShape(op, 'student.weight', student.weight, [-1, channels], '[V, C]');
  expectShape(op, 'teacher.hidden', teacher.hidden, [rows, -1], "[N, the teacher's C]");
  expectShape(op, 'teacher.weight', teacher.weight, [student.weight.shape[0], teacher.hidden.shape[1]], '[V, its C]');
  expectIndices(op, 'targets', targets, rows);
  expectPositive(op, 'temperature', temperature);
  if (!(beta >= 0 && beta <= 1)) throw new TensorError('TW_TENSORS_OPTION', `${op}: beta is ${beta}, expected 0 to 1`);
  return hasKernel('TwHeadDivergence')
    ? fusedHeadDivergence(student, teacher, targets, beta, temperature)
    : headDivergenceInBlocks(student, teacher, targets, options);
}

function fusedHeadDivergence(
  { hidden, weight }: HeadInputs,
  { hidden: teacherHidden, weight: teacherWeight }: HeadInputs,
  targets: tf.Tensor1D,
  beta: number,
  temperature: number,
): HeadDivergence {
  const [divergence, logProbs, entropy] = record<tf.Tensor[]>({
    inputs: { hidden, weight },
    forward(save) {
      const inputs = { hidden, weight, teacherHidden, teacherWeight, targets };
      const attributes = { temperature, beta, keepPanels: !isRecording() };
      const [values, scores, entropies, numbers] = runKernel<tf.Tensor[]>('TwHeadDivergence', inputs, attributes);
      save([hidden, weight, teacherHidden, teacherWeight, numbers!]);
      return [values!, scores!, entropies!];
    },
    backward([dDivergence], saved) {
      const names = ['hidden', 'weight', 'teacherHidden', 'teacherWeight', 'numbers'];
      const named: Record<string, tf.Tensor> = { dDivergence: dDivergence! };
      for (const [index, name] of names.entries()) named[name] = saved[index]!;
      const wantHidden = isGradientWanted('hidden');
      const wantWeight = isGradientWanted('weight');
      const inputs = wantWeight ? withSumSoFar('weight', named) : named;
      const attributes = { temperature, beta, wantHidden, wantWeight };
      const gradients = runKernel<tf.Tensor[]>('TwHeadDivergenceGrad', inputs, attributes);
      const dHidden = wantHidden ? gradients.shift() : undefined;
      const dWeight = wantWeight ? gradients.shift() : undefined;
      return { hidden: () => dHidden!, weight: () => dWeight! };
    },
  }) as tf.Tensor1D[];
  return { divergence: divergence!, logProbs: logProbs!, entropy: entropy! };
}

/** The same by plain ops in blocks of rows. */
export function headDivergenceInBlocks(
  student: HeadInputs,
  teacher: HeadInputs,
  targets: tf.Tensor1D,
  options: HeadDivergenceOptions,
  blockLogits = BLOCK_LOGITS,
): HeadDivergence {
  const [divergence, logProbs, entropy] = inRowBlocks<tf.Tensor1D[]>(
    [student.hidden, teacher.hidden, targets],
    [student.weight, teacher.weight],
    Math.floor(blockLogits / student.weight.shape[0]),
    (...[hidden, teacherHidden, ids, weight, teacherWeight]) => {
      const result = headDivergenceComposite(
        { hidden: hidden as tf.Tensor2D, weight: weight as tf.Tensor2D },
        { hidden: teacherHidden as tf.Tensor2D, weight: teacherWeight as tf.Tensor2D },
        ids as tf.Tensor1D,
        options,
      );
      return [result.divergence, result.logProbs, result.entropy];
    },
  );
  return { divergence: divergence!, logProbs: logProbs!, entropy: entropy! };
}

/** The same in plain ops, all rows at once: a recorded call keeps [N, V]. */
export function headDivergenceComposite(
  student: HeadInputs,
  teacher: HeadInputs,
  targets: tf.Tensor1D,
  { beta, temperature = 1 }: HeadDivergenceOptions,
): HeadDivergence {
  const logProbsOf = ({ hidden, weight }: HeadInputs, own: number) =>
    headLogSoftmax(hidden, weight, { temperature: own });
  const ofTeacher = withoutGradient(() => logProbsOf(teacher, temperature));
  const divergence = tf.sum(divergenceTerms(logProbsOf(student, temperature), ofTeacher, beta), 1) as tf.Tensor1D;
  const [logProbs, entropy] = withoutGradient<tf.Tensor[]>(() => {
    const all = logProbsOf(student, 1);
    return [pickColumns(all, targets), entropyOfLogProbs(all)];
  }) as tf.Tensor1D[];
  return { divergence, logProbs: logProbs!, entropy: entropy! };
}
