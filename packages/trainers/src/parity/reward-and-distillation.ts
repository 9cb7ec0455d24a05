// rl/reward-model, process-reward-tokens, process-reward-loss, distillation: losses and gradients on the float32 tape, tokens exact.

import { computeGradients, headDivergence, tf } from '@thinkwright/tensors';
import { generalizedJsdTerms, type JsdOptions } from '../distillation/generalized-jsd.ts';
import { bradleyTerryLoss } from '../reward-models/bradley-terry.ts';
import { processRewardLoss } from '../reward-models/process-reward-loss.ts';
import { type ProcessRewardRow, processRewardTokens, UNLABELLED } from '../reward-models/process-reward-tokens.ts';
import { type Comparison, countFamily, type ParityFamily, relativeDeviation } from './parity-family.ts';
import { flatten, readCases, readParityJson } from './parity-folder.ts';

const TOLERANCE = 2e-6;

/** The value of `compute` and its gradient with respect to `values` against what was recorded. */
async function check(
  values: tf.Tensor,
  compute: (values: tf.Tensor) => tf.Tensor,
  expected: { value: ArrayLike<number>; gradient: ArrayLike<number> },
): Promise<Comparison[]> {
  const variable = tf.tidy(() => tf.variable(values));
  const { loss, gradients, kept } = computeGradients(() => {
    const value = compute(variable);
    return { loss: tf.sum(value) as tf.Scalar, keep: { value } };
  }, [{ name: 'values', variable, decay: false }]);
  const comparisons = [
    { what: 'loss', deviation: relativeDeviation(await kept.value!.data(), expected.value), tolerance: TOLERANCE },
    {
      what: 'gradient',
      deviation: relativeDeviation(await gradients.get('values')!.data(), expected.gradient),
      tolerance: TOLERANCE,
    },
  ];
  tf.dispose([values, variable, loss, ...gradients.values(), ...Object.values(kept)]);
  return comparisons;
}

export function rewardModelParity(folder: string): Promise<ParityFamily> {
  type Inputs = { chosenRewards: number[]; rejectedRewards: number[]; margin: number[] | null };
  type Outputs = { loss: number; gradChosen: number[]; gradRejected: number[] };
  return countFamily(readCases<Inputs, Outputs>(folder, 'rl/reward-model.jsonl'), ({ options, inputs, outputs }) => {
    const pairs = inputs.chosenRewards.length;
    return check(
      tf.tensor1d([...inputs.chosenRewards, ...inputs.rejectedRewards]),
      (rewards) =>
        bradleyTerryLoss(tf.slice(rewards as tf.Tensor1D, 0, pairs), tf.slice(rewards as tf.Tensor1D, pairs, pairs), {
          margin: inputs.margin === null ? undefined : tf.tensor1d(inputs.margin),
          centering: (options.center_rewards_coefficient as number | null) ?? 0,
        }),
      { value: [outputs.loss], gradient: [...outputs.gradChosen, ...outputs.gradRejected] },
    );
  });
}

export function processRewardTokensParity(folder: string): Promise<ParityFamily> {
  type Inputs = ProcessRewardRow & { separatorIds: number[] };
  type Outputs = { input_ids: number[]; labels: number[] };
  const cases = readCases<Inputs, Outputs>(folder, 'rl/process-reward-tokens.jsonl');
  return countFamily(cases, ({ options, inputs, outputs }) => {
    const { ids, labels } = processRewardTokens(inputs, {
      separatorIds: inputs.separatorIds,
      bosId: options.bos_token_id as number | null,
      maxLength: options.max_length as number | null,
      maxCompletionLength: options.max_completion_length as number | null,
      trainOnLastStepOnly: options.train_on_last_step_only as boolean,
    });
    const isEqual = ids.join() === outputs.input_ids.join() && labels.join() === outputs.labels.join();
    return [{ what: 'ids and labels', deviation: isEqual ? 0 : 1, tolerance: 0 }];
  });
}

export function processRewardLossParity(folder: string): Promise<ParityFamily> {
  type Inputs = { logits: number[][][]; labels: number[][] };
  type Outputs = { loss: number; gradLogits: number[][][] };
  return countFamily(readCases<Inputs, Outputs>(folder, 'rl/process-reward-loss.jsonl'), ({ inputs, outputs }) => {
    const picked = inputs.labels.flatMap((row, i) =>
      row.flatMap((label, t) => (label === UNLABELLED ? [] : [{ i, t, label }])),
    );
    return check(
      tf.tensor2d(picked.map(({ i, t }) => inputs.logits[i]![t]!)),
      (logits) =>
        processRewardLoss(
          logits as tf.Tensor2D,
          tf.tensor1d(
            picked.map(({ label }) => label),
            'int32',
          ),
        ),
      { value: [outputs.loss], gradient: flatten(picked.map(({ i, t }) => outputs.gradLogits[i]![t]!)) },
    );
  });
}

export function distillationParity(folder: string): Promise<ParityFamily> {
  type Shared = { distillation: { studentLogits: number[][][]; teacherLogits: number[][][]; labels: number[][] } };
  const { studentLogits, teacherLogits, labels } = readParityJson<Shared>(folder, 'rl/shared.json').distillation;
  type Outputs = { loss: number | number[][] | number[][][]; gradStudentLogits: number[][][] };
  const cases = readCases<{ masked: boolean }, Outputs>(folder, 'rl/distillation.jsonl');
  return countFamily(cases, ({ options, inputs, outputs }) => {
    const picked = labels.flatMap((row, i) =>
      row.flatMap((label, t) => (inputs.masked && label === UNLABELLED ? [] : [{ i, t }])),
    );
    const at = (logits: number[][][]) => tf.tensor2d(picked.map(({ i, t }) => logits[i]![t]!));
    const jsd = { beta: options.beta as number, temperature: options.temperature as number };
    const rows = inputs.masked ? picked.length : labels.length; // TRL's batchmean divides by the first dimension
    const divisor = (options.num_items_in_batch as number | null) ?? (options.reduction === 'sum' ? 1 : rows);
    return check(
      at(studentLogits),
      (student) =>
        options.reduction === 'none' && options.num_items_in_batch === null
          ? generalizedJsdTerms(student as tf.Tensor2D, at(teacherLogits), jsd)
          : tf.div(divergenceOfLogits(student as tf.Tensor2D, at(teacherLogits), jsd), divisor),
      {
        value: flatten(outputs.loss),
        gradient: flatten(picked.map(({ i, t }) => outputs.gradStudentLogits[i]![t]!)),
      },
    );
  });
}

/** Summed over the rows, by the head that training uses: under an identity hidden states are logits. */
function divergenceOfLogits(student: tf.Tensor2D, teacher: tf.Tensor2D, options: JsdOptions): tf.Scalar {
  const [rows, vocabulary] = student.shape;
  const weight = tf.eye(vocabulary);
  const targets = tf.zeros<tf.Rank.R1>([rows], 'int32');
  return tf.sum(
    headDivergence({ hidden: student, weight }, { hidden: teacher, weight }, targets, options).divergence,
  ) as tf.Scalar;
}
