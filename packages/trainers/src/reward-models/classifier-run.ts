// What the two trainers of reward models share: the classifier is what is trained, saved and resumed.

import { type Classifier, type ClassifierKind, saveClassifier } from '@thinkwright/models';
import { TrainerError } from '../errors.ts';
import type { SharedPorts } from '../trainer.ts';
import type { RunSettings } from '../training-run.ts';

export interface ClassifierPorts extends Omit<SharedPorts, 'model'> {
  /** createClassifier(model, ...) or loadClassifier(folder); stays the caller's. */
  classifier: Classifier;
}

/** Parameters beside the model's, and how both are written. */
export function classifierRun(classifier: Classifier): Pick<RunSettings<unknown>, 'beside' | 'saveWeights'> {
  return {
    beside: classifier.head.parameters(),
    saveWeights: (folder, tokenizerFiles) => saveClassifier(classifier, folder, { tokenizerFiles }),
  };
}

/** @throws TrainerError SHAPE for a classifier of the other kind, or with another number of outputs. */
export function checkClassifier(
  { kind, head }: Classifier,
  wanted: { kind: ClassifierKind; labels: number },
  trainer: string,
): void {
  const labels = head.weight.shape[0]!;
  if (kind === wanted.kind && labels === wanted.labels) return;
  throw new TrainerError(
    'TW_TRAINERS_SHAPE',
    `${trainer}: the classifier is of kind "${kind}" with ${labels} outputs; expected "${wanted.kind}" with ${wanted.labels}. Make it with createClassifier(model, { kind: '${wanted.kind}' }).`,
  );
}
