// Reward models on the stage's model: an outcome model from pairs, a process model from labelled steps. The policy stays what it was: the
// stages after go on from the model before.

import { type Classifier, type ClassifierKind, createClassifier } from '@thinkwright/models';
import {
  createProcessRewardTrainer,
  createRewardModelTrainer,
  parseProcessRewardOptions,
  parseRewardModelOptions,
  processRewardOptionsSchema,
  rewardModelOptionsSchema,
} from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows, rowStream } from './tasks.ts';
import { checkGate, checkOptions, runTraining, type TrainingPorts } from './training.ts';

export const rewardModelStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, rewardModelOptionsSchema, parseRewardModelOptions);
    checkGate(place, ['loss', 'accuracy', 'margin']);
    dataOf(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, rewardModelOptionsSchema, parseRewardModelOptions);
    return runTraining(context, {
      planned: options.maxSteps,
      async create(ports) {
        const { format, shared } = ports;
        const classifier = scored(ports, 'sequence', options.seed);
        const stream = await rowStream(context);
        const dataset = await loadRows(context); // the pre-flight looks ahead in it
        return createRewardModelTrainer({ classifier, format, stream, dataset, ...options, ...shared });
      },
    });
  },
};

export const processRewardStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, processRewardOptionsSchema, parseProcessRewardOptions);
    checkGate(place, ['loss', 'accuracy']);
    dataOf(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, processRewardOptionsSchema, parseProcessRewardOptions);
    return runTraining(context, {
      planned: options.maxSteps,
      async create(ports) {
        const { format, shared } = ports;
        const classifier = scored(ports, 'token', options.seed);
        const stream = await rowStream(context);
        const dataset = await loadRows(context); // the pre-flight looks ahead in it
        return createProcessRewardTrainer({ classifier, format, stream, dataset, ...options, ...shared });
      },
    });
  },
};

/** A fresh score on the stage's model, which the stage disposes. */
function scored({ model, atEnd }: TrainingPorts, kind: ClassifierKind, seed: number): Classifier {
  const classifier = createClassifier(model, { kind, seed });
  atEnd(() => classifier.head.dispose());
  return classifier;
}
