// The rewards of a stage by name: built in for the data, an earlier stage of the recipe that trained a reward model, or an installed
// verifier. Verifiers are other people's code and run in processes of their own, so that an endless loop in one cannot hang the training.

import type { ChatFormat } from '@thinkwright/chat';
import { chainAnswer } from '@thinkwright/datasets';
import {
  answerReward,
  type CombinedReward,
  combineRewards,
  formatReward,
  type RewardFunction,
  tagReward,
} from '@thinkwright/rewards';
import { findVerifier } from '@thinkwright/rewards/verifiers';
import { createRewardWorkers } from '@thinkwright/rewards/workers';
import { RecipeError } from '../errors.ts';
import { nearestName } from '../manifest/key-names.ts';
import { recipePath } from '../manifest/load-recipe.ts';
import type { StageContext } from './executor.ts';
import { rewardModelStageNamed, rewardModelStages, stageReward } from './reward-model-stage.ts';
import { dataOf } from './tasks.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

export interface RewardPorts {
  format: ChatFormat;
  /** Runs when the stage is over, however it ends. */
  atEnd(dispose: () => void | Promise<void>): void;
}

function builtIn(data: string): Record<string, RewardFunction> {
  if (data === 'last-digit-chains') {
    return {
      accuracy: answerReward({ extract: chainAnswer, compare: 'exact', from: 'text' }),
      format: formatReward({ pattern: /<think>([^<]*)<\/think><answer>(\d)<\/answer>/ }),
    };
  }
  return { accuracy: answerReward(), format: formatReward(), tags: tagReward() };
}

/**
 * Refuses rewards that there are not, before anything runs.
 * @throws RecipeError TW_RECIPES_UNKNOWN_KEY with the nearest name, TW_RECIPES_INVALID for a name with two meanings.
 */
export function checkRewards(place: Place): void {
  const known = Object.keys(builtIn(dataOf(place).name));
  for (const name of Object.keys(wantedRewards(place))) {
    const where = () => place.recipe.source.where(['stages', place.textIndex, 'rewards', name]);
    const trained = rewardModelStageNamed(place, name) !== undefined;
    if (trained && known.includes(name))
      throw new RecipeError(
        'TW_RECIPES_INVALID',
        `${where()}: "${name}" is both a stage and a built-in reward. Give the stage another name.`,
      );
    if (trained || known.includes(name)) continue;
    try {
      findVerifier(name, verifiersFrom(place));
    } catch (error) {
      const nearest = nearestName(name, [...known, ...rewardModelStages(place).map((stage) => stage.name)]);
      throw new RecipeError(
        'TW_RECIPES_UNKNOWN_KEY',
        `${where()}: there is no reward "${name}" for this data. ${nearest ? `Did you mean "${nearest}"?` : `Known: ${known.join(', ')}; reward-model and process-reward stages before this one; and ${(error as Error).message}`}`,
      );
    }
  }
}

/** The weighted sum that a stage pays; default: accuracy alone. Verifiers are loaded by name, seen from the recipe's folder. */
export async function rewardOf(
  place: Place & Pick<StageContext, 'models'>,
  { format, atEnd }: RewardPorts,
): Promise<CombinedReward> {
  checkRewards(place);
  const known = builtIn(dataOf(place).name);
  const wanted = Object.entries(wantedRewards(place));
  const installed = wanted.flatMap(([name]) => (known[name] || rewardModelStageNamed(place, name) ? [] : [name]));
  const workers =
    installed.length > 0
      ? await createRewardWorkers({ verifiers: installed, workers: 1, ...verifiersFrom(place) })
      : undefined;
  if (workers) atEnd(() => workers.close());
  const parts: Record<string, [RewardFunction, number]> = {};
  for (const [name, weight] of wanted) {
    if (known[name]) parts[name] = [known[name], weight];
    else if (rewardModelStageNamed(place, name))
      parts[name] = [await stageReward(place, name, { format, atEnd }), weight];
    else {
      const { name: verifier, reward } = workers!.verifiers[installed.indexOf(name)]!;
      parts[verifier] = [reward, weight];
    }
  }
  return combineRewards(parts);
}

const wantedRewards = ({ stage }: Place): Record<string, number> => stage.rewards ?? { accuracy: 1 };
const verifiersFrom = ({ recipe }: Place) => ({ from: recipePath(recipe, '.') });
