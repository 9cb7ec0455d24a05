// A language model with a score instead of a vocabulary: transformers' ForSequenceClassification (one score at the last token:
// an outcome reward model) and ForTokenClassification (classes at tokens: a process reward model).

import type { LanguageModel } from '../language-model.ts';
import { createLinearHead, type LinearHead } from './linear-head.ts';

export type ClassifierKind = 'sequence' | 'token';

export interface Classifier {
  readonly kind: ClassifierKind;
  readonly model: LanguageModel;
  /** `score`, with the names of transformers. */
  readonly head: LinearHead;
  /** Frees model and head. */
  dispose(): void;
}

/** Owns both parts. */
export function classifierOf(kind: ClassifierKind, model: LanguageModel, head: LinearHead): Classifier {
  return {
    kind,
    model,
    head,
    dispose() {
      head.dispose();
      model.dispose();
    },
  };
}

/**
 * Puts a fresh score on a language model, which the classifier owns from then on. Its language model head is not used.
 * @param options `labels`: outputs of the score; default 1 for `sequence`, 2 (wrong, right) for `token`. The weights begin as
 *   N(0, 1/(C+1)), so that rewards start small (Stiennon et al.).
 */
export function createClassifier(
  model: LanguageModel,
  { kind, labels = kind === 'sequence' ? 1 : 2, seed = 0 }: { kind: ClassifierKind; labels?: number; seed?: number },
): Classifier {
  const { hiddenSize } = model.config;
  const head = createLinearHead({
    name: 'score',
    inputs: hiddenSize,
    outputs: labels,
    bias: kind === 'token',
    std: 1 / Math.sqrt(hiddenSize + 1),
    seed,
  });
  return classifierOf(kind, model, head);
}
