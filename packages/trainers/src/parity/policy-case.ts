// Runs the policy objective of one micro-batch on logits [N, V] that stand for a model, as TRL's recorded cases do.

import { computeGradients, tf, tokenLogProbs } from '@thinkwright/tensors';
import { sequenceSums } from '../batches/sequence-sums.ts';
import { tokenEntropy } from '../entropy/token-entropy.ts';
import { entropyThreshold, highEntropyMask } from '../masks/high-entropy-tokens.ts';
import { type PolicyObjectiveOptions, policyObjective, policyTokenLosses } from '../rl/policy-objective.ts';

/** One loss token: its row of the padded batch and its column. */
export interface PickedToken {
  row: number;
  t: number;
}

export interface PolicyCase {
  picked: PickedToken[];
  logits: number[][][]; // [N, T, V]
  ids: number[][];
  temperature: number;
  advantage(token: PickedToken): number;
  weight(token: PickedToken): number;
  oldLogProbs?: number[][];
  referenceLogProbs?: number[][];
  samplerLogProbs?: number[][];
  /** rho of a token, and the sum of its logarithm over its whole row, as the case counts it. */
  correction?: { ratio(token: PickedToken): number; logSum(row: number): number };
  topEntropyShare: number;
  /** Weight of the entropy bonus from the number of kept tokens; 0 = none. */
  bonusWeight(kept: number): number;
  objective: PolicyObjectiveOptions;
}

export interface PolicyCaseResult {
  loss: number;
  tokenLosses: ArrayLike<number>;
  logProbs: ArrayLike<number>;
  entropies: ArrayLike<number>;
  keep?: Float32Array;
  gradient: Float32Array; // [N, V]
}

export function pickTokens(mask: number[][], from = 0, to = mask.length): PickedToken[] {
  const picked: PickedToken[] = [];
  for (let row = from; row < to; row++) for (const [t, m] of mask[row]!.entries()) if (m) picked.push({ row, t });
  return picked;
}

export async function runPolicyCase(given: PolicyCase): Promise<PolicyCaseResult> {
  const { picked, temperature, objective } = given;
  const rows = [...new Set(picked.map(({ row }) => row))];
  const sequences = sequenceSums(
    picked.map(({ row }) => rows.indexOf(row)),
    rows.length,
  );
  const logits = tf.tidy(() => tf.variable(tf.tensor2d(picked.map(({ row, t }) => given.logits[row]![t]!)))); // [N, V]
  const identity = tf.eye(logits.shape[1]!); // hidden rows are the logits themselves
  const targets = tf.tensor1d(
    picked.map(({ row, t }) => given.ids[row]![t]!),
    'int32',
  );
  const score = () => tokenLogProbs(logits as unknown as tf.Tensor2D, identity, targets, { temperature });
  const before: tf.Tensor1D = tf.tidy(() => score().entropy);
  const entropies = await before.data();
  let keep: Float32Array | undefined;
  if (given.topEntropyShare < 1) {
    keep = highEntropyMask(entropies, entropyThreshold(entropies, given.topEntropyShare));
  }
  const bonusWeight = given.bonusWeight(keep?.reduce((sum, kept) => sum + kept, 0) ?? picked.length);
  const { loss, gradients, kept } = computeGradients(() => {
    const at = (values: number[][] | undefined) => values && tf.tensor1d(picked.map(({ row, t }) => values[row]![t]!));
    const tokens = {
      advantages: tf.tensor1d(picked.map(given.advantage)),
      weights: tf.tensor1d(picked.map(given.weight)),
      oldLogProbs: at(given.oldLogProbs),
      referenceLogProbs: at(given.referenceLogProbs),
      samplerLogProbs: at(given.samplerLogProbs),
      sequences,
      keep: keep && tf.tensor1d(keep),
      correction: given.correction && {
        ratios: tf.tensor1d(picked.map(given.correction.ratio)),
        logSums: tf.tensor1d(rows.map(given.correction.logSum)),
      },
    };
    const { logProbs } = score();
    const bonus =
      bonusWeight === 0
        ? undefined
        : {
            entropy: tokenEntropy(logits as unknown as tf.Tensor2D, identity, { temperature, trained: false }),
            weight: bonusWeight,
          };
    const tokenLosses = policyTokenLosses(logProbs, tokens, objective);
    return { loss: policyObjective(logProbs, tokens, objective, bonus), keep: { logProbs, tokenLosses } };
  }, [{ name: 'logits', variable: logits, decay: false }]);
  const result = {
    loss: (await loss.data())[0]!,
    tokenLosses: await kept.tokenLosses!.data(),
    logProbs: await kept.logProbs!.data(),
    entropies,
    keep,
    gradient: (await gradients.get('logits')!.data()) as Float32Array,
  };
  sequences.dispose();
  tf.dispose([logits, identity, targets, before, loss, ...gradients.values(), ...Object.values(kept)]);
  return result;
}
