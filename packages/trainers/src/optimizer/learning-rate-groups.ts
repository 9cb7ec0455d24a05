// Parameters with a learning rate of their own: embeddings slower than blocks, LoRA's B faster than its A (LoRA+, Hayou et al.,
// https://arxiv.org/abs/2402.12354). A group is a part of the parameters' names and a multiple of the scheduled rate.

import type { Parameter } from '@thinkwright/tensors';
import { TrainerError } from '../errors.ts';

export interface LearningRateGroup {
  /** Part of a parameter's name, such as `embed_tokens` or `lora_B`. */
  match: string;
  /** Multiplies the learning rate; 0 freezes. */
  scale: number;
}

/** Each parameter in the first group that matches it; those of none last, with scale 1. */
export function splitByGroup(
  parameters: readonly Parameter[],
  groups: readonly LearningRateGroup[],
): { members: Parameter[]; scale: number }[] {
  const groupOf = ({ name }: Parameter) => groups.findIndex(({ match }) => name.includes(match));
  const split = [...groups, { match: '', scale: 1 }].map(({ scale }, index) => ({
    members: parameters.filter((parameter) => (groupOf(parameter) + groups.length + 1) % (groups.length + 1) === index),
    scale,
  }));
  for (const [index, { match }] of groups.entries()) {
    if (split[index]!.members.length > 0) continue;
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `learningRateGroups: "${match}" matches no trainable parameter that an earlier group has not taken. Names look like ${parameters[0]?.name}.`,
    );
  }
  return split.filter(({ members }) => members.length > 0);
}
