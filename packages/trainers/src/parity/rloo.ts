// rl/rloo.jsonl: TRL's RLOOTrainer, rewards with their KL to leave-one-out advantages (float64), and the clipped loss of the whole
// sequences' ratio with the gradient of a bigram policy (float32).

import { klPenalisedRewards, leaveOneOutAdvantages } from '../advantages/leave-one-out.ts';
import { sumRewards } from '../advantages/sum-rewards.ts';
import { bigramLogProbs } from './bigram-policy.ts';
import { countFamily, deviationAt, float64Deviation, type ParityFamily, relativeDeviation } from './parity-family.ts';
import { flatten, readCases, readParityJson } from './parity-folder.ts';
import { runPolicyCase } from './policy-case.ts';

interface Shared {
  promptIds: number[][];
  completionIds: number[][];
  oldTable: number[][];
  newTable: number[][];
  refTable: number[][];
  position: number[][];
  eosTokenId: number;
}
interface Outputs {
  batch: { advantages: number[] };
  baselines: (number | null)[];
  loss: number;
  gradTable: number[][];
}

export function rlooParity(folder: string): Promise<ParityFamily> {
  const { rloo: shared } = readParityJson<{ rloo: Shared }>(folder, 'rl/shared.json');
  const { promptIds, completionIds, position } = shared;
  const cases = readCases<{ rewards: (number | null)[][] }, Outputs>(folder, 'rl/rloo.jsonl');
  return countFamily(cases, async ({ options, inputs, outputs }) => {
    const temperature = options.temperature as number;
    const under = (table: number[][]) => bigramLogProbs(table, position, promptIds, completionIds, temperature);
    const [old, reference] = [under(shared.oldTable), under(shared.refTable)];
    const trained = completionIds.map(
      (ids) => options.mask_truncated_completions !== true || ids.at(-1) === shared.eosTokenId,
    );
    const beta = options.beta as number;
    const [lowest, highest] = (options.reward_clip_range as [number, number] | undefined) ?? [-Infinity, Infinity];
    const sums = sumRewards(inputs.rewards, options.reward_weights as number[] | undefined).map((reward) =>
      Math.min(Math.max(reward, lowest), highest),
    );
    const logRatios = old.map((row, i) =>
      trained[i] ? row.reduce((sum, value, t) => sum + value - reference[i]![t]!, 0) : 0,
    );
    const { advantages, baselines } = leaveOneOutAdvantages(
      klPenalisedRewards(sums, logRatios, beta),
      options.num_generations as number,
      { normalize: options.normalize_advantages === true },
    );
    const rows = [...trained.keys()].filter((row) => trained[row]);
    const count = trained.length;
    const epsilon = options.epsilon as number;
    const promptColumns = Math.max(...promptIds.map((ids) => ids.length));
    const previousOf = (row: number, t: number) => (t === 0 ? promptIds[row]!.at(-1)! : completionIds[row]![t - 1]!);
    const picked = rows.flatMap((row) => completionIds[row]!.map((_, t) => ({ row, t })));
    const result = await runPolicyCase({
      picked,
      logits: completionIds.map((ids, row) =>
        ids.map((_, t) =>
          shared.newTable[previousOf(row, t)]!.map((value, v) => value + position[promptColumns + t - 1]![v]!),
        ),
      ),
      ids: completionIds,
      temperature,
      advantage: ({ row }) => advantages[row]!,
      weight: ({ row }) => 1 / (count * completionIds[row]!.length),
      oldLogProbs: old.map((row) => [...row]),
      topEntropyShare: 1,
      bonusWeight: () => 0,
      objective: {
        lossType: 'grpo',
        importanceSamplingLevel: 'sequence_sum',
        epsilon,
        epsilonHigh: (options.epsilon_high as number | undefined) ?? epsilon,
        delta: null,
        beta: 0,
        useBiasCorrectionKl: false,
      },
    });
    // TRL counts a masked completion with ratio 1: a constant without gradient
    const masked = advantages.reduce((sum, advantage, row) => sum - (trained[row] ? 0 : advantage / count), 0);
    const vocabulary = position[0]!.length;
    const gradient = new Float64Array(vocabulary * vocabulary);
    for (const [i, { row, t }] of picked.entries()) {
      for (let v = 0; v < vocabulary; v++)
        gradient[previousOf(row, t) * vocabulary + v]! += result.gradient[i * vocabulary + v]!;
    }
    const scale = Math.max(...advantages.map(Math.abs), 1e-3);
    return [
      { what: 'baselines', deviation: float64Deviation(baselines, flatten(outputs.baselines)), tolerance: 1e-10 },
      { what: 'advantages', deviation: float64Deviation(advantages, outputs.batch.advantages), tolerance: 1e-10 },
      { what: 'loss', deviation: deviationAt(Math.abs(result.loss + masked - outputs.loss), scale), tolerance: 2e-6 },
      { what: 'gradTable', deviation: relativeDeviation(gradient, flatten(outputs.gradTable)), tolerance: 2e-6 },
    ];
  });
}
