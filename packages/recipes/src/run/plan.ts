// The stages of a run with their content addresses and folders, before anything is run.

import { join } from 'node:path';
import type { Recipe } from '../manifest/load-recipe.ts';
import type { StageManifest } from '../manifest/schema.ts';
import type { StageExecutors } from '../stages/executor.ts';
import { contentAddress } from './content-address.ts';
import type { StagePlan } from './events.ts';
import { StageFolder } from './stage-folder.ts';

/** Raise when the meaning of stored stages changes, so that older ones are run again. */
const FORMAT = 1;

export interface RunPlan {
  address: string;
  stages: (Omit<StagePlan, 'state' | 'folder'> & { folderName: string })[];
}

/** Evaluations do not change weights: what follows them depends on the last training stage, not on them. */
const WITHOUT_POLICY: readonly StagePlan['kind'][] = ['evaluate', 'reward-model', 'process-reward'];
export const trains = (kind: StagePlan['kind']): boolean => !WITHOUT_POLICY.includes(kind);

/** Addresses every stage by what its result depends on. `versions` and `device` are part of it. */
export async function planRun(
  recipe: Recipe,
  executors: StageExecutors,
  environment: { versions: Record<string, string>; device: string },
): Promise<RunPlan> {
  let input = contentAddress({ format: FORMAT, model: recipe.model, seed: recipe.seed, ...environment });
  const stages: RunPlan['stages'] = [];
  const rewardModels = new Map<string, string>();
  for (const [index, stage] of recipe.stages.entries()) {
    const textIndex = recipe.stageIndexes[index]!;
    const fingerprint = await executors[stage.kind].fingerprint?.({ recipe, stage, textIndex });
    const { name, method: _, ...content } = stage;
    const used = namedBy(stage).flatMap((other) => rewardModels.get(other) ?? []);
    const uses = used.length > 0 ? used : undefined;
    const hash = contentAddress({ input, stage: content, data: stage.data ?? recipe.data, fingerprint, uses });
    stages.push({
      name,
      kind: stage.kind,
      hash,
      folderName: `${String(index + 1).padStart(2, '0')}-${name}-${hash.slice(0, 6)}`,
    });
    if (trains(stage.kind)) input = hash;
    else if (stage.kind !== 'evaluate') rewardModels.set(name, hash);
  }
  return { address: contentAddress(stages.map((stage) => [stage.name, stage.hash])), stages };
}

/** Names by which a stage may mean the reward model of an earlier one: its rewards, the score of its search, and its value model. */
function namedBy({ rewards = {}, options }: StageManifest): string[] {
  const { scoredBy } = Object(options.search) as { scoredBy?: unknown };
  return [...Object.keys(rewards), ...[scoredBy, options.valueModel].filter((name) => typeof name === 'string')];
}

/** The same plan with the state that a run folder gives it. */
export function planIn(folder: string, plan: RunPlan): StagePlan[] {
  return plan.stages.map(({ folderName, ...stage }) => {
    const place = join(folder, 'stages', folderName);
    const found = new StageFolder(place);
    return { ...stage, folder: place, state: found.outcome() ? 'finished' : found.started() ? 'started' : 'new' };
  });
}
