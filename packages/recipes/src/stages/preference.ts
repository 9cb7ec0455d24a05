// Preference learning. Without `rewards` the rows are pairs { prompt, chosen, rejected } (KTO: { prompt, completion, label } too); with them
// the rows are prompts, and the rewards judge the policy's own completions: online, or in rounds.

import {
  createOnlinePreferenceTrainer,
  createPreferenceTrainer,
  onlinePreferenceOptionsSchema,
  parseOnlinePreferenceOptions,
  parsePreferenceOptions,
  preferenceOptionsSchema,
} from '@thinkwright/trainers';
import type { StageContext, StageExecutor } from './executor.ts';
import { checkRewards, rewardOf } from './rewards.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

const isOnline = ({ stage }: Place) => stage.rewards !== undefined;
const pairOptions = (place: Place) => checkOptions(place, preferenceOptionsSchema, parsePreferenceOptions);
const onlineOptions = (place: Place) =>
  checkOptions(place, onlinePreferenceOptionsSchema, parseOnlinePreferenceOptions);

export const preferenceStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    dataOf(place);
    if (isOnline(place)) {
      onlineOptions(place);
      checkRewards(place);
    } else pairOptions(place);
    checkGate(place, ['rewards/accuracies', 'rewards/margins', ...(isOnline(place) ? ['reward'] : [])]);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    return runTraining(context, {
      planned: context.stage.options.maxSteps as number | undefined,
      async create({ model, format, engine, shared, atEnd }) {
        const rows = await loadRows(context);
        const stream = rows.size === undefined ? rows.stream({ seed: context.recipe.seed }) : undefined;
        const data = { stream, dataset: rows };
        if (!isOnline(context))
          return createPreferenceTrainer({ model, format, ...data, ...pairOptions(context), ...shared });
        const reward = await rewardOf(context, { format, atEnd });
        return createOnlinePreferenceTrainer({
          model,
          format,
          engine,
          reward,
          ...data,
          ...onlineOptions(context),
          ...shared,
        });
      },
    });
  },
};
