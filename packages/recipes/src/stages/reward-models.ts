// Reward models on the stage's model: an outcome model from pairs, a process model from labelled steps. The policy stays what it was: the
// stages after go on from the model before.

import { type ClassifierKind, createClassifier } from '@thinkwright/models';
import {
  createProcessRewardTrainer,
  createRewardModelTrainer,
  parseProcessRewardOptions,
  parseRewardModelOptions,
  processRewardOptionsSchema,
  rewardModelOptionsSchema,
  type Trainer,
} from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, rowStream } from './tasks.ts';
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
        const { classifier, own } = scored(ports, 'sequence', options.seed);
        const stream = await rowStream(context);
        return own(createRewardModelTrainer({ classifier, format, stream, ...options, ...shared }));
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
        const { classifier, own } = scored(ports, 'token', options.seed);
        const stream = await rowStream(context);
        return own(createProcessRewardTrainer({ classifier, format, stream, ...options, ...shared }));
      },
    });
  },
};

/** A fresh score on the stage's model, which the stage disposes; the score goes with the trainer that `own` is given. */
function scored({ model }: TrainingPorts, kind: ClassifierKind, seed: number) {
  const classifier = createClassifier(model, { kind, seed });
  const own = (trainer: Trainer): Trainer => {
    const { dispose } = trainer;
    return Object.assign(trainer, {
      dispose() {
        dispose();
        classifier.head.dispose();
      },
    });
  };
  return { classifier, own };
}
