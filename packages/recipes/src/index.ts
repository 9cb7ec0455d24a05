// @thinkwright/recipes: training recipes as YAML manifests of stages, run in order, gated, resumable, with a report at the end.
// What loads models is apart, in @thinkwright/recipes/stages; runRecipe takes it in when it is called.

export { RecipeError, type RecipeErrorCode } from './errors.ts';
export { camelCase, nearestName, snakeCase } from './manifest/key-names.ts';
export { type LoadRecipeOptions, loadRecipe, parseRecipe, type Recipe } from './manifest/load-recipe.ts';
export type {
  DataManifest,
  GateManifest,
  ModelManifest,
  RecipeManifest,
  StageKind,
  StageManifest,
} from './manifest/schema.ts';
export { type PlannedMethod, plannedMethods } from './plan/request.ts';
export { type ReportInputs, renderReport } from './report/render-report.ts';
export type {
  EvaluationResult,
  ModeFigures,
  RolloutRecord,
  RunEvent,
  SampleRecord,
  StageEvent,
  StageOutcome,
  StagePlan,
  StepEvent,
} from './run/events.ts';
export { type GateOutcome, gateSteps } from './run/gates.ts';
export { planRun } from './run/plan.ts';
export type { RunResult } from './run/result.ts';
export type { FolderPolicy } from './run/run-folder.ts';
export { checkRecipe, type RunRecipeOptions, type RunSummary, runRecipe } from './run/run-recipe.ts';
export type { RunMachine, StageContext, StageExecutor, StageExecutors } from './stages/executor.ts';
