// The model of an earlier reward-model or process-reward stage at work in a later one: as a reward, or as the score of a search.

import { type Classifier, loadClassifier } from '@thinkwright/models';
import { outcomeModelReward, processModelReward, type RewardFunction } from '@thinkwright/rewards';
import type { ScoreFound } from '@thinkwright/rollouts';
import {
  outcomeScorer,
  outcomeSearchScore,
  parseProcessRewardOptions,
  processScorer,
  processSearchScore,
  splitSteps,
} from '@thinkwright/trainers';
import type { StageManifest } from '../manifest/schema.ts';
import type { StageContext } from './executor.ts';
import type { RewardPorts } from './rewards.ts';
import { modelOptionsOf } from './stage-model.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

/** The stages before that of the place which train a reward model. */
export const rewardModelStages = ({ recipe, stage }: Place): StageManifest[] =>
  recipe.stages
    .slice(0, recipe.stages.indexOf(stage))
    .filter(({ kind }) => kind === 'reward-model' || kind === 'process-reward');

export const rewardModelStageNamed = (place: Place, name: string): StageManifest | undefined =>
  rewardModelStages(place).find((stage) => stage.name === name);

/** What separates the steps that a process-reward stage learnt to judge. */
export const stepSeparatorOf = (stage: StageManifest): string => parseProcessRewardOptions(stage.options).stepSeparator;

/** Outcome models pay their score, process models the least probability of a step to be right, with the steps beside it. */
export async function stageReward(
  place: Place & Pick<StageContext, 'models'>,
  name: string,
  ports: RewardPorts,
): Promise<RewardFunction> {
  const { classifier, stage } = await opened(place, name, ports);
  const { format } = ports;
  if (stage.kind === 'reward-model') return outcomeModelReward({ score: outcomeScorer(classifier, format) });
  const stepSeparator = stepSeparatorOf(stage);
  return processModelReward({
    score: processScorer(classifier, { format, stepSeparator }),
    split: ({ completion }) => splitSteps(completion.thinking, stepSeparator),
  });
}

/** The same models for `bestOfNEngine` and `stepBeamEngine`; `stepSeparator` is that of a process model. */
export async function stageSearchScore(
  place: Place & Pick<StageContext, 'models'>,
  name: string,
  ports: RewardPorts,
): Promise<{ score: ScoreFound; stepSeparator?: string }> {
  const { classifier, stage } = await opened(place, name, ports);
  if (stage.kind === 'reward-model') return { score: outcomeSearchScore(classifier) };
  const stepSeparator = stepSeparatorOf(stage);
  return { score: processSearchScore(classifier, { format: ports.format, stepSeparator }), stepSeparator };
}

async function opened(
  place: Place & Pick<StageContext, 'models'>,
  name: string,
  { atEnd }: RewardPorts,
): Promise<{ classifier: Classifier; stage: StageManifest }> {
  const classifier = await loadClassifier(place.models.get(name)!, modelOptionsOf(place.recipe)); // as it was trained
  atEnd(() => classifier.dispose());
  return { classifier, stage: rewardModelStageNamed(place, name)! };
}
