// Rewards in processes of their own, where an endless loop costs one worker and not the program. Needs Node.
export {
  createRewardWorkers,
  type RewardWorkers,
  type RewardWorkersOptions,
  type WorkerReward,
} from './reward-workers.ts';
