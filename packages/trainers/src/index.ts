// @thinkwright/trainers: SFT and reinforcement learning on verifiable rewards. Maths as small pure functions, trainers as plain
// loops over ports, exact resume.

export {
  ADVANTAGE_ESTIMATORS,
  type AdvantageEstimator,
  type AdvantageOptions,
  estimateAdvantages,
} from './advantages/estimators.ts';
export { type GroupAdvantages, groupAdvantages, type RewardScale } from './advantages/group-advantages.ts';
export { klPenalisedRewards, type LeaveOneOut, leaveOneOutAdvantages } from './advantages/leave-one-out.ts';
export { maxRlAdvantages } from './advantages/max-rl.ts';
export { normalizeThenSum } from './advantages/normalize-then-sum.ts';
export { passAtKAdvantages } from './advantages/pass-at-k.ts';
export { reinforcePlusPlus, reinforcePlusPlusBaseline } from './advantages/reinforce-plus-plus.ts';
export { remaxAdvantages } from './advantages/remax.ts';
export { deviationOf, meanOf } from './advantages/statistics.ts';
export { type StepRewards, stepAdvantages } from './advantages/step-advantages.ts';
export { sumRewards } from './advantages/sum-rewards.ts';
export { AGGREGATIONS, type Aggregation, type WindowNormaliser, windowNormaliser } from './aggregation/aggregation.ts';
export {
  type DeviceBatch,
  greedyTokens,
  type ScoredTokens,
  type ScoreTokensOptions,
  scoreTokens,
  uploadBatch,
} from './batches/device-batch.ts';
export type { RowPorts } from './batches/open-stream.ts';
export { type PackedBatch, packSequences } from './batches/packed-batch.ts';
export { type SequenceSums, sequenceSums } from './batches/sequence-sums.ts';
export type { TrainingSequence } from './batches/training-sequence.ts';
export { newestCheckpoint } from './checkpoints/checkpoint-folder.ts';
export {
  CORRECTION_MODES,
  type CorrectionMode,
  type CorrectionOptions,
  rolloutCorrection,
} from './corrections/rollout-correction.ts';
export { createDistillationTrainer, type DistillationPorts } from './distillation/distillation-trainer.ts';
export { generalizedJsdTerms, type JsdOptions } from './distillation/generalized-jsd.ts';
export { topKJsd } from './distillation/top-k-jsd.ts';
export { tokenEntropy } from './entropy/token-entropy.ts';
export { TrainerError, type TrainerErrorCode } from './errors.ts';
export { fullKl, KL_ESTIMATORS, type KlEstimator, klEstimate } from './kl/estimators.ts';
export { k3 } from './kl/k3.ts';
export { sampledKl } from './kl/sampled-kl.ts';
export { entropyThreshold, highEntropyMask } from './masks/high-entropy-tokens.ts';
export { offPolicyMask } from './masks/off-policy-sequences.ts';
export { type AdamOptions, adam } from './optimizer/adam.ts';
export { type Adam8bitOptions, createAdam8bit } from './optimizer/adam-8bit.ts';
export { combineOptimizers, type OptimizerPart } from './optimizer/combine-optimizers.ts';
export {
  createOptimizer,
  OPTIMIZERS,
  type OptimizerName,
  type OptimizerOptions,
} from './optimizer/create-optimizer.ts';
export { decays } from './optimizer/decay-groups.ts';
export { infinityNorm } from './optimizer/infinity-norm.ts';
export { type LearningRateGroup, splitByGroup } from './optimizer/learning-rate-groups.ts';
export { type LionOptions, lion } from './optimizer/lion.ts';
export { createMuonWithAdamW, type MuonOptions, type MuonWithAdamWOptions, muon } from './optimizer/muon.ts';
export { createRuleOptimizer, type UpdateRule } from './optimizer/rule-optimizer.ts';
export { type SgdOptions, sgd } from './optimizer/sgd.ts';
export { type AveragedOptimizer, averageWeights } from './optimizer/weight-average.ts';
export {
  type DistillationOptions,
  type DistillationOptionsInput,
  distillationOptionsSchema,
  parseDistillationOptions,
} from './options/distillation-options.ts';
export { nearestName, optionsFromSnakeCase } from './options/names.ts';
export {
  type OnlinePreferenceOptions,
  type OnlinePreferenceOptionsInput,
  onlinePreferenceOptionsSchema,
  parseOnlinePreferenceOptions,
} from './options/online-preference-options.ts';
export { type PpoOptions, type PpoOptionsInput, parsePpoOptions, ppoOptionsSchema } from './options/ppo-options.ts';
export {
  type PreferenceOptions,
  type PreferenceOptionsInput,
  parsePreferenceOptions,
  preferenceOptionsSchema,
} from './options/preference-options.ts';
export {
  type ProcessRewardOptions,
  type ProcessRewardOptionsInput,
  parseProcessRewardOptions,
  processRewardOptionsSchema,
} from './options/process-reward-options.ts';
export {
  parseRejectionSamplingOptions,
  type RejectionSamplingOptions,
  type RejectionSamplingOptionsInput,
  rejectionSamplingOptionsSchema,
} from './options/rejection-sampling-options.ts';
export {
  parseRewardModelOptions,
  type RewardModelOptions,
  type RewardModelOptionsInput,
  rewardModelOptionsSchema,
} from './options/reward-model-options.ts';
export { parseRlOptions, type RlOptions, type RlOptionsInput, rlOptionsSchema } from './options/rl-options.ts';
export { parseSftOptions, type SftOptions, type SftOptionsInput, sftOptionsSchema } from './options/sft-options.ts';
export { cispo } from './policy-losses/cispo.ts';
export { type ClipFractions, clipFractions, clipFractionsOfRatios } from './policy-losses/clip-fractions.ts';
export { type ClipOptions, clippedSurrogate } from './policy-losses/clipped-surrogate.ts';
export { gmpo } from './policy-losses/gmpo.ts';
export {
  IMPORTANCE_LEVELS,
  type ImportanceLevel,
  importanceRatio,
  policyLogRatio,
} from './policy-losses/importance-ratio.ts';
export { aggregationOf, LOSS_TYPES, type LossType } from './policy-losses/loss-types.ts';
export { type SapoOptions, sapo } from './policy-losses/sapo.ts';
export { type VespoOptions, vespo } from './policy-losses/vespo.ts';
export { adaptedKlCoefficient } from './ppo/adaptive-kl.ts';
export { type GaeOptions, generalizedAdvantages } from './ppo/generalized-advantages.ts';
export { createPpoTrainer, type PpoPorts } from './ppo/ppo-trainer.ts';
export { type EstimateOptions, tokenEstimates, type ValuedCompletion } from './ppo/token-estimates.ts';
export { type TokenRewardOptions, tokenKl, tokenRewards } from './ppo/token-rewards.ts';
export { clippedValueLoss } from './ppo/value-loss.ts';
export { maskedMoments, whiten } from './ppo/whiten.ts';
export { createOnlinePreferenceTrainer, type OnlinePreferencePorts } from './preference/online-preference-trainer.ts';
export { createPreferenceTrainer, type PreferencePorts } from './preference/preference-trainer.ts';
export {
  averagesLogProbs,
  type CpoOptions,
  cpo,
  REFERENCE_FREE_LOSSES,
  type ReferenceFreeLossName,
} from './preference-losses/cpo.ts';
export { DIVERGENCES, type DivergenceOptions, divergenceScore } from './preference-losses/f-divergence.ts';
export {
  ktoReferencePoint,
  UNPAIRED_LOSSES,
  type UnpairedLossName,
  type UnpairedLossOptions,
  unpairedLoss,
} from './preference-losses/kto.ts';
export { orpo } from './preference-losses/orpo.ts';
export {
  PAIR_LOSSES,
  type PairLossName,
  type PairObjectiveOptions,
  pairLoss,
  pairObjective,
} from './preference-losses/pair-objective.ts';
export {
  lengthDesensitized,
  type PairLossOptions,
  type PairScores,
  type PairTokens,
  pairScores,
} from './preference-losses/pair-scores.ts';
export { logSumSquaredProbs, wpoWeights } from './preference-losses/wpo-weight.ts';
export { checkMemory, type MemoryRoom } from './preflight/check-memory.ts';
export { checkRows } from './preflight/check-rows.ts';
export { checkTemplate, checkTokenizer } from './preflight/check-tokenizer.ts';
export { type Finding, reportFindings } from './preflight/finding.ts';
export {
  estimateMemory,
  type MemoryEstimate,
  type MemoryOptions,
  type PlannedStep,
} from './preflight/memory-estimate.ts';
export { type CompletionProbe, type ProbeOptions, probeCompletions } from './preflight/probe-completions.ts';
export { createRejectionSampler, type RejectionSamplerPorts } from './rejection-sampling/rejection-sampler.ts';
export { bradleyTerryLoss } from './reward-models/bradley-terry.ts';
export type { ClassifierPorts } from './reward-models/classifier-trainer.ts';
export {
  outcomeScorer,
  outcomeScores,
  processScorer,
  type ScoreBatching,
  type Solution,
  stepScores,
} from './reward-models/model-scores.ts';
export { type LabelledSolution, type Prm800kRow, prm800kSolutions } from './reward-models/prm800k-solutions.ts';
export { processRewardLoss } from './reward-models/process-reward-loss.ts';
export {
  type ProcessRewardRow,
  type ProcessRewardTokenOptions,
  processRewardTokens,
} from './reward-models/process-reward-tokens.ts';
export { createProcessRewardTrainer, type ProcessRewardPorts } from './reward-models/process-reward-trainer.ts';
export { createRewardModelTrainer, type RewardModelPorts } from './reward-models/reward-model-trainer.ts';
export {
  outcomeSearchScore,
  type ProcessSearchOptions,
  processSearchScore,
  splitSteps,
} from './reward-models/search-scores.ts';
export type { StepPrompt, StepRow, StepTokenSettings } from './reward-models/step-source.ts';
export { type PolicyObjectiveOptions, type PolicyTokens, policyObjective } from './rl/policy-objective.ts';
export { createRlTrainer, type RlPorts } from './rl/rl-trainer.ts';
export { createSchedule, SCHEDULES, type ScheduleKeywords, type ScheduleName } from './schedules/create-schedule.ts';
export { type EvaluateSequencesOptions, evaluateSequences } from './sft/evaluate-sequences.ts';
export { type GeneratedAccuracyOptions, generatedAccuracy } from './sft/generated-accuracy.ts';
export { neftuneNoise } from './sft/neftune.ts';
export { rowToSequence, type SequenceSettings, type SftRow } from './sft/row-to-sequence.ts';
export { createSftTrainer, type SftPorts } from './sft/sft-trainer.ts';
export type {
  Evaluate,
  RolloutRecord,
  SharedPorts,
  Trainer,
  TrainerEvent,
  TrainOptions,
  TrainSummary,
} from './trainer.ts';
export {
  type CompletionRow,
  completionColumns,
  completionsFile,
  saveCompletions,
} from './watching/completions-table.ts';
export { type HeadlineFigure, headline, headlineFigures } from './watching/headline.ts';
export { causeOfNoSignal, SignalWatch } from './watching/learning-signal.ts';
export { modeMetrics } from './watching/mode-metrics.ts';
export { type ParquetColumn, parquetBytes } from './watching/parquet.ts';
