export { checkRequests, checkSequences } from './check-requests.ts';
export { collectTrajectories } from './collect-trajectories.ts';
export { RolloutError, type RolloutErrorCode } from './errors.ts';
export { FakeEngine, type FakeEngineOptions } from './fake-engine.ts';
export { type BestOfN, bestOfN, type ScoreTrajectories } from './search/best-of-n.ts';
export {
  bestOfNEngine,
  type Found,
  type ScoreFound,
  type StepBeamEngineOptions,
  stepBeamEngine,
} from './search/search-engine.ts';
export {
  type PartialSolution,
  type ScorePartials,
  type StepBeamSearchOptions,
  stepBeamSearch,
} from './search/step-beam-search.ts';
export type {
  EngineInfo,
  FinishReason,
  GenerateOptions,
  RolloutEngine,
  RolloutRequest,
  Sampling,
  ScoreOptions,
  ScoreSequence,
  TokenEvent,
  TopKScores,
  Trajectory,
} from './types.ts';
