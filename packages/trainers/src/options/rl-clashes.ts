// Pairs of RL options that cannot work together, each with the reason and the way out. Called before anything is loaded.

import { tokenLossOf } from '../policy-losses/loss-types.ts';
import type { RlOptions } from './rl-options.ts';

/** What is wrong and how to mend it; undefined when all is well. */
export function findRlClash(options: RlOptions): string | undefined {
  return (
    batchClash(options) ??
    advantageClash(options) ??
    lossClash(options) ??
    signalClash(options) ??
    klClash(options) ??
    samplingClash(options)
  );
}

function batchClash(options: RlOptions): string | undefined {
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, numGenerations } = options;
  const stepsPerGeneration = options.stepsPerGeneration ?? gradientAccumulationSteps;
  const sampled = perDeviceTrainBatchSize * stepsPerGeneration;
  if (options.maxSteps === undefined) return 'maxSteps is missing: say how many optimizer steps to train.';
  if (sampled % numGenerations !== 0) {
    return `perDeviceTrainBatchSize ${perDeviceTrainBatchSize} x stepsPerGeneration ${stepsPerGeneration} = ${sampled} completions do not divide into groups of numGenerations ${numGenerations}. Make their product a multiple of numGenerations.`;
  }
  if (stepsPerGeneration % gradientAccumulationSteps !== 0) {
    return `stepsPerGeneration ${stepsPerGeneration} is not a multiple of gradientAccumulationSteps ${gradientAccumulationSteps}: an optimizer window would mix two generations. Make it one.`;
  }
  return undefined;
}

function advantageClash(options: RlOptions): string | undefined {
  const { advantageEstimator, passAtK, numGenerations, multiObjectiveAggregation, rewardWeights } = options;
  if (advantageEstimator === 'pass_at_k' && passAtK > numGenerations) {
    return `passAtK ${passAtK} is more than numGenerations ${numGenerations}: there is no subset of that size. Lower passAtK.`;
  }
  if (multiObjectiveAggregation === 'normalize_then_sum' && advantageEstimator !== 'group') {
    return `multiObjectiveAggregation "normalize_then_sum" is an estimator of its own: leave advantageEstimator at "group", not "${advantageEstimator}".`;
  }
  if (rewardWeights !== null && multiObjectiveAggregation === 'sum_then_normalize') {
    return 'rewardWeights only acts with multiObjectiveAggregation "normalize_then_sum". Give the weights to combineRewards.';
  }
  return undefined;
}

function lossClash(options: RlOptions): string | undefined {
  const { lossType, epsilon, epsilonHigh, delta, importanceSamplingLevel, importanceSamplingMode } = options;
  const loss = tokenLossOf(lossType);
  if (delta !== null && loss !== 'clipped') {
    return `delta caps the ratio of the clipped surrogate, which lossType "${lossType}" does not use. Leave delta out.`;
  }
  if (delta !== null && delta <= 1 + epsilon) {
    return `delta ${delta} must be more than 1 + epsilon = ${1 + epsilon}, or it would undo the clip (https://arxiv.org/abs/2505.07291).`;
  }
  if (loss === 'cispo' && epsilonHigh === null) {
    return 'lossType "cispo" caps the ratio at epsilonHigh itself, not at 1 + epsilonHigh, and falling back to epsilon would scale every gradient down. Give epsilonHigh; 5 is usual (https://arxiv.org/abs/2510.13786).';
  }
  if ((loss === 'gmpo' || loss === 'vespo') && importanceSamplingLevel !== 'token') {
    return `lossType "${lossType}" takes its own mean over the sequence: leave importanceSamplingLevel at "token".`;
  }
  if (loss === 'vespo' && options.importanceSamplingCorrection && importanceSamplingMode.startsWith('sequence')) {
    return `lossType "vespo" sums the correction over the tokens itself: use importanceSamplingMode "token_truncate" or "token_mask", not "${importanceSamplingMode}".`;
  }
  return undefined;
}

function signalClash(options: RlOptions): string | undefined {
  const { beta, entropyCoef, entropyCoefMin, entropyCoefMax, useAdaptiveEntropy } = options;
  const { importanceSamplingClipMin: low, importanceSamplingClipMax: high } = options;
  if (options.dropZeroSignalGroups === true && beta > 0 && !options.klInReward) {
    return `dropZeroSignalGroups with beta ${beta}: groups without signal still carry the KL term. Set one of them off.`;
  }
  if (options.dropZeroSignalGroups === true && (entropyCoef > 0 || useAdaptiveEntropy)) {
    return 'dropZeroSignalGroups with an entropy bonus: groups without signal still carry the bonus. Set one of them off.';
  }
  if (useAdaptiveEntropy && !(entropyCoefMin <= entropyCoef && entropyCoef <= entropyCoefMax)) {
    return `entropyCoef ${entropyCoef} must lie between entropyCoefMin ${entropyCoefMin} and entropyCoefMax ${entropyCoefMax}: adaptive entropy starts from it.`;
  }
  if (low !== null && low >= high) {
    return `importanceSamplingClipMin ${low} must be less than importanceSamplingClipMax ${high}, or no token is left.`;
  }
  if (options.importanceSamplingCorrection && options.oldLogProbs === 'sampler') {
    return 'importanceSamplingCorrection compares the trainer with the sampler, but oldLogProbs "sampler" declares them equal. Use oldLogProbs "recompute" or "auto".';
  }
  return undefined;
}

function klClash(options: RlOptions): string | undefined {
  const { beta, klInReward, klEstimator, useBiasCorrectionKl, syncRefModel } = options;
  if (klInReward && beta === 0) return 'klInReward without beta: say how much KL costs, 0.05 is usual for RLOO.';
  if (syncRefModel && beta === 0)
    return 'syncRefModel without beta: there is no reference to follow. Set beta, or leave it out.';
  if (klEstimator === 'k1' && beta > 0 && !klInReward && !useBiasCorrectionKl) {
    return 'klEstimator "k1" in the loss has a gradient of zero on average. Use "k2" or "k3", useBiasCorrectionKl, or klInReward (https://arxiv.org/abs/2506.09477).';
  }
  if (klInReward && options.multiObjectiveAggregation === 'normalize_then_sum') {
    return 'klInReward changes the total reward, which multiObjectiveAggregation "normalize_then_sum" does not read. Leave the KL in the loss.';
  }
  if (klInReward && options.advantageEstimator === 'max_rl') {
    return 'klInReward can make rewards negative, and advantageEstimator "max_rl" divides by their mean. Leave the KL in the loss.';
  }
  return undefined;
}

function samplingClash(options: RlOptions): string | undefined {
  const { dynamicSampling, replayBufferSize, advantageEstimator, curriculum, maxStaleness, stepRewardCoef, lossType } =
    options;
  if ((dynamicSampling || replayBufferSize > 0) && advantageEstimator === 'reinforce_plus_plus') {
    return 'dynamicSampling and replayBufferSize replace groups that agree, but advantageEstimator "reinforce_plus_plus" compares with the batch, where they teach too. Use "reinforce_plus_plus_baseline".';
  }
  if (curriculum !== null && curriculum.minPassRate > curriculum.maxPassRate) {
    return `curriculum.minPassRate ${curriculum.minPassRate} is more than maxPassRate ${curriculum.maxPassRate}: no prompt could pass.`;
  }
  const accumulation = options.gradientAccumulationSteps;
  const updates = ((options.stepsPerGeneration ?? accumulation) / accumulation) * options.numIterations;
  if (maxStaleness !== null && maxStaleness < updates - 1) {
    return `maxStaleness ${maxStaleness} is less than the ${updates - 1} updates that pass within one generation, so its last windows would never train. Raise it, or lower stepsPerGeneration and numIterations.`;
  }
  if (stepRewardCoef > 0 && (lossType === 'gmpo' || lossType === 'vespo')) {
    return `stepRewardCoef gives each token its own advantage, but lossType "${lossType}" needs one for the whole completion. Use another lossType.`;
  }
  return regularExpressionFault(options.stepSeparator);
}

function regularExpressionFault(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return `stepSeparator is no regular expression: ${(error as Error).message}.`;
  }
}
