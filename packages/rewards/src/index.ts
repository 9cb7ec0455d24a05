// The reward contract for reasoning models. Zero dependencies, runs in Node and in browsers.
export {
  type AnswerComparison,
  type AnswerRewardOptions,
  answerComparison,
  answerReward,
} from './answer-reward.ts';
export { rewardByMode } from './by-mode.ts';
export {
  type CombinedReward,
  clampReward,
  combineRewards,
  type RewardPart,
  type RewardParts,
} from './combine-rewards.ts';
export { type CurriculumPoint, curriculum } from './curriculum.ts';
export { RewardError, type RewardErrorCode } from './errors.ts';
export {
  type AnswerExtractor,
  type AnswerExtractorName,
  answerExtractor,
  extractAnswerTag,
  extractBoxed,
  extractHash,
  extractLastNumber,
} from './extract-answer.ts';
export { type FormatRewardOptions, formatReward, obeysMode } from './format-reward.ts';
export type { JudgeEndpoint } from './judge/chat-completion.ts';
export { type JudgeRewardOptions, judgeReward } from './judge/judge-reward.ts';
export { RUBRICS, type Rubric } from './judge/rubrics.ts';
export { type OutcomeModelOptions, outcomeModelReward } from './models/outcome-model-reward.ts';
export {
  aggregateSteps,
  type ProcessModelOptions,
  processModelReward,
  type StepAggregation,
} from './models/process-model-reward.ts';
export { parseNumber, sameNumber, type WrittenNumber } from './numbers.ts';
export { DEFAULT_MARKS, type ParseCompletionOptions, parseCompletion } from './parse-completion.ts';
export type { FetchFunction, PostOptions } from './remote/post-json.ts';
export { type RemoteRewardOptions, remoteReward } from './remote/remote-reward.ts';
export { type ScoreBatchOptions, type ScoredBatch, type ScoreOutcome, scoreBatch } from './score-batch.ts';
export type { AccuracyOption } from './shaping/correctness.ts';
export { type CosineBounds, type CosineRewardOptions, cosineReward } from './shaping/cosine-reward.ts';
export { type LanguageRewardOptions, languageReward } from './shaping/language-reward.ts';
export { type LengthRewardOptions, lengthReward } from './shaping/length-reward.ts';
export { type OverlongRewardOptions, overlongReward } from './shaping/overlong-reward.ts';
export { type ReasoningStepsRewardOptions, reasoningStepsReward } from './shaping/reasoning-steps-reward.ts';
export { type RepetitionRewardOptions, repetitionReward } from './shaping/repetition-reward.ts';
export { tagReward } from './shaping/tag-reward.ts';
export { type VerbosityRewardOptions, verbosityReward } from './shaping/verbosity-reward.ts';
export type {
  Message,
  Mode,
  ParsedCompletion,
  RewardContext,
  RewardFunction,
  Row,
  Score,
  ThinkMarks,
} from './types.ts';
export { readVerifierManifest, VERIFIER_KEYWORD, type VerifierManifest } from './verifier/manifest.ts';
export { defineVerifier, type GoldCase, type Verifier } from './verifier/verifier.ts';
export { hasThinkingMarks, visibleAnswer, withoutQuestion } from './visible-answer.ts';
