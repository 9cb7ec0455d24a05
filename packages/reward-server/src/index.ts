// Rewards and verifiers over HTTP, in the dialects of the trainers that there are.
export { createRewardApp, type RewardApp, type RewardAppOptions, type ServedReward } from './app.ts';
export { type CodeRunner, createCodeRunner } from './code-runner.ts';
export type { CodePhase, CodeResult, CodeToRun, RunCode } from './dialects/sandbox-fusion.ts';
export { type ErrorStatus, ServerError, type ServerErrorCode } from './errors.ts';
export { DEFAULT_LIMITS, type ServerLimits } from './limits.ts';
export { OPENAPI } from './openapi.ts';
export { type RewardServer, type ServeRewardsOptions, serveRewards } from './serve-rewards.ts';
