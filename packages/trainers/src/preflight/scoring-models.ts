// Which models of an online run are read without a gradient, and so keep copies of their matrices beside the weights.

import type { LanguageModel } from '@thinkwright/models';

/** A policy with an adapter samples through frozen weights, whose copies stay; those of trained weights go with each update. */
export function scoringModels(policy: LanguageModel, reference?: { model: LanguageModel }): LanguageModel[] {
  return [...(policy.adapter === undefined ? [] : [policy]), ...(reference ? [reference.model] : [])];
}
