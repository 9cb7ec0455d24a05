// How completions are drawn, for every trainer that samples (TRL names; `temperature` has each trainer's own default). Whatever is off by
// default makes the sampled distribution another than the policy's: losses then see the policy's log-probs, as in TRL.

import { z } from 'zod';

const penalty = z.number().min(-2).max(2);
const cutoff = z.number().min(0).lt(1);

export const samplingOptionShape = {
  topP: z.number().positive().max(1).default(1),
  topK: z.int().min(0).default(0),
  minP: z.number().min(0).max(1).nullable().default(null),
  /** Above 1, ids that occur in the prompt or the completion become less likely. */
  repetitionPenalty: z.number().positive().default(1),
  /** What else the engine offers: see `Sampling` of rollouts. */
  generationKwargs: z
    .strictObject({
      frequencyPenalty: penalty.optional(),
      presencePenalty: penalty.optional(),
      noRepeatNgramSize: z.int().min(0).optional(),
      minNewTokens: z.int().min(0).optional(),
      suppressTokens: z.array(z.int().min(0)).optional(),
      topH: z.number().positive().max(1).optional(),
      typicalP: z.number().positive().max(1).optional(),
      epsilonCutoff: cutoff.optional(),
      etaCutoff: cutoff.optional(),
    })
    .default({}),
} as const;
