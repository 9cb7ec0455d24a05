// A rollout with what PPO knows of each of its tokens.

import { type Rollout, rolloutFromJson, rolloutToJson } from '../rl/rollout.ts';

/** One value for each token that the model wrote. */
export interface TokenEstimates {
  /** V of the state that a token was drawn in, by the value head that stood when it was sampled. */
  values: Float32Array;
  advantages: Float32Array;
  returns: Float32Array;
}

export interface PpoRollout extends Rollout, TokenEstimates {
  oldLogProbs: Float32Array;
}

export function ppoRolloutToJson({ values, advantages, returns, ...rollout }: PpoRollout): Record<string, unknown> {
  return {
    ...rolloutToJson(rollout),
    values: Array.from(values),
    advantages: Array.from(advantages),
    returns: Array.from(returns),
  };
}

export function ppoRolloutFromJson(json: Record<string, unknown>): PpoRollout {
  const floats = (values: unknown) => Float32Array.from(values as number[]);
  return {
    ...(rolloutFromJson(json) as Rollout & { oldLogProbs: Float32Array }),
    values: floats(json.values),
    advantages: floats(json.advantages),
    returns: floats(json.returns),
  };
}
