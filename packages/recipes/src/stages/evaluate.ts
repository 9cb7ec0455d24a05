// Evaluation on held-out problems, in both modes; changes no weights. With `search` the sampled answers are what a search finds under a
// reward model of the recipe; greedy answers stay the model's own, to compare with.

import { TASK_NAMES } from '@thinkwright/evals';
import { checkModelOptions } from '@thinkwright/models';
import { bestOfNEngine, type RolloutEngine, stepBeamEngine } from '@thinkwright/rollouts';
import { z } from 'zod';
import { RecipeError } from '../errors.ts';
import { nearestName } from '../manifest/key-names.ts';
import { modelOptionsShape } from '../manifest/model-options.ts';
import type { StageManifest } from '../manifest/schema.ts';
import { validate } from '../manifest/validate.ts';
import { trains } from '../run/plan.ts';
import { errorAt } from './error-at.ts';
import { evaluateModel, evaluationOptionsSchema } from './evaluation.ts';
import type { StageContext, StageExecutor } from './executor.ts';
import { rewardModelStageNamed, stageSearchScore } from './reward-model-stage.ts';
import type { RewardPorts } from './rewards.ts';
import { modelOptionsOf, openStageModel } from './stage-model.ts';
import { dataFingerprint, dataOf, dataOptions } from './tasks.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

const searchSchema = z.strictObject({
  /** Best-of-N with either kind of reward model; beam search over steps with a process model. */
  kind: z.enum(['best_of_n', 'step_beam']).default('best_of_n'),
  /** Name of a reward-model or process-reward stage before this one. */
  scoredBy: z.string().min(1),
  /** Of best_of_n: completions of which the best is the answer. */
  n: z.int().min(1).default(8),
  /** Of step_beam: partial solutions kept after each step, continuations of each, and steps at most. */
  beams: z.int().min(1).default(4),
  expansions: z.int().min(1).default(4),
  maxSteps: z.int().min(1).default(32),
});

/** With how the model is loaded to be measured, over what the recipe says. */
const stageOptionsSchema = evaluationOptionsSchema.extend({ search: searchSchema.optional(), ...modelOptionsShape });

const optionsOf = ({ recipe, stage, textIndex }: Place) =>
  validate(stageOptionsSchema, recipe.source, ['stages', textIndex, 'options'], stage.options);

export const evaluateStage: StageExecutor = {
  check(place) {
    checkSearch(place);
    checkLoading(place);
    const { name } = dataOf(place);
    if (TASK_NAMES.includes(name)) return;
    const nearest = nearestName(name, TASK_NAMES);
    throw new RecipeError(
      'TW_RECIPES_INVALID',
      `${place.recipe.source.where(['stages', place.textIndex])}: stage "${place.stage.name}" evaluates on "${name}", which is no task. ${nearest ? `Did you mean "${nearest}"? ` : ''}Known: ${TASK_NAMES.join(', ')}.`,
    );
  },
  fingerprint: dataFingerprint,
  async run(context) {
    const { recipe, input, signal, emit } = context;
    const { search, storage, numerics, keyValueCache, ...options } = optionsOf(context);
    const { name, options: dataset } = dataOptions(context);
    const opened = await openStageModel(recipe, input, signal, { storage, numerics, keyValueCache });
    const disposals: (() => void | Promise<void>)[] = [];
    let told = 0;
    try {
      const atEnd: RewardPorts['atEnd'] = (dispose) => void disposals.push(dispose);
      const searchWith = search && (await searchOf(context, search, { format: opened.format, atEnd }));
      const evaluation = await evaluateModel({
        ...opened,
        task: { name, options: taskOptions(dataset) },
        options,
        searchWith,
        signal,
        onProgress({ done, total, mode, kind }) {
          if (done < total && performance.now() - told < 100) return;
          told = performance.now();
          emit({ type: 'progress', label: `${mode}, ${kind}`, done, total });
        },
      });
      emit({ type: 'sample', samples: evaluation.samples });
      return { steps: 0, tokens: 0, metrics: {}, evaluation };
    } catch (error) {
      if (signal.aborted) return undefined; // nothing to save: the evaluation is repeated
      throw error;
    } finally {
      for (const dispose of disposals) await dispose();
      opened.model.dispose();
    }
  },
};

/** What would fail after hours of training is refused before. */
function checkLoading(place: Place): void {
  const { recipe, stage, textIndex } = place;
  const options = modelOptionsOf(recipe, optionsOf(place));
  const where = recipe.source.where(['stages', textIndex, 'options']);
  errorAt(where, () => checkModelOptions(options));
  const fresh = recipe.model.scratch && !recipe.stages.slice(0, recipe.stages.indexOf(stage)).some(trainsPolicy);
  if (fresh && (options.storage ?? 'float32') !== 'float32')
    throw new RecipeError(
      'TW_RECIPES_INVALID',
      `${where}: stage "${stage.name}" has storage "${options.storage}", but the model before it is fresh and untrained, in float32. Leave storage out.`,
    );
}

const trainsPolicy = ({ kind }: StageManifest) => trains(kind);

function checkSearch(place: Place): void {
  const { search } = optionsOf(place);
  if (search === undefined) return;
  const scorer = rewardModelStageNamed(place, search.scoredBy);
  const refuse = (message: string): never => {
    const where = place.recipe.source.where(['stages', place.textIndex, 'options', 'search']);
    throw new RecipeError('TW_RECIPES_INVALID', `${where}: ${message}`);
  };
  if (scorer === undefined)
    refuse(
      `scored_by is "${search.scoredBy}", which is no reward-model or process-reward stage before "${place.stage.name}".`,
    );
  else if (search.kind === 'step_beam' && scorer.kind !== 'process-reward')
    refuse(
      `step_beam needs scores of steps, and "${search.scoredBy}" judges whole answers. Name a process-reward stage.`,
    );
}

async function searchOf(
  context: StageContext,
  { kind, scoredBy, n, ...beam }: z.output<typeof searchSchema>,
  ports: RewardPorts,
): Promise<(engine: RolloutEngine) => RolloutEngine> {
  const { score, stepSeparator } = await stageSearchScore(context, scoredBy, ports);
  if (kind === 'best_of_n') return (engine) => bestOfNEngine(engine, { n, score });
  return (engine) => stepBeamEngine(engine, { score, stopStrings: [stepSeparator!], ...beam });
}

/** The options of a data set that matter for its held-out problems. */
function taskOptions({
  split: _split,
  careful: _careful,
  stride: _stride,
  thinkShare: _share,
  length: _length,
  mode: _mode,
  style: _style,
  ...rest
}: Record<string, unknown>): Record<string, unknown> {
  return rest;
}
