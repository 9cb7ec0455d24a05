// The reward behind the recorded requests, the same when they are recorded and when they are replayed.
import { answerReward, combineRewards, formatReward, type RewardFunction } from '@thinkwright/rewards';

export const recordedReward = (): RewardFunction =>
  combineRewards({ accuracy: answerReward(), format: [formatReward(), 0.5] });
