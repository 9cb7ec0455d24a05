// What every trainer is: an async generator of typed events over a loop that can be stopped, saved and continued exactly.

import type { LanguageModel } from '@thinkwright/models';

export interface TrainOptions {
  /** Finishes the running step, saves a checkpoint (with outputDir) and ends with reason 'aborted'. */
  signal?: AbortSignal;
  /** Stop after this step instead of maxSteps. Beyond maxSteps the learning rate keeps the schedule's last value. */
  untilStep?: number;
}

export interface TrainSummary {
  /** `stalled`: earlyStoppingPatience evaluations brought no improvement. */
  reason: 'finished' | 'aborted' | 'exhausted' | 'stalled';
  step: number;
  /** Tokens trained on since the very first step. */
  tokens: number;
  /** Of the last step. */
  metrics: Record<string, number>;
  /** The best evaluation, when options ask for one. */
  best?: { step: number; value: number };
  /** Last checkpoint written by this call. */
  checkpoint?: string;
}

/** One completion as a person reads it. */
export interface RolloutRecord {
  step: number;
  key: string;
  sample: number;
  prompt: string;
  completion: string;
  thinking: string;
  answer: string;
  /** null: could not be scored (skip or error), and left the baseline. */
  reward: number | null;
  parts: Record<string, number>;
  advantage: number;
  tokens: number;
  finish: 'stop' | 'length' | 'abort';
  mode: 'think' | 'no_think';
  /** Why there is no reward. */
  unscored?: string;
  row: Record<string, unknown>;
}

export type TrainerEvent =
  | { type: 'start'; stage: string; step: number; totalSteps: number; parameters: number; device: string }
  | {
      type: 'step-end';
      step: number;
      totalSteps: number;
      metrics: Record<string, number>;
      tokens: number;
      seconds: number;
    }
  | { type: 'rollout'; step: number; records: RolloutRecord[] }
  | { type: 'round-end'; step: number; round: number; metrics: Record<string, number> }
  | { type: 'eval-end'; step: number; metrics: Record<string, number>; seconds: number }
  | { type: 'checkpoint'; step: number; folder: string }
  | { type: 'warning'; step: number; code: string; message: string }
  | { type: 'end'; reason: TrainSummary['reason']; step: number; totalSteps: number; summary: TrainSummary };

export interface Trainer {
  /** Optimizer steps done. */
  readonly step: number;
  readonly totalSteps: number;
  /** Reads the checkpoint to resume from, so that `step` is right before `train()`, which does it otherwise. */
  ready(): Promise<void>;
  /** Trains on from where it stands; call again to go on. Only one call may run at a time. */
  train(options?: TrainOptions): AsyncGenerator<TrainerEvent, TrainSummary>;
  /** Writes a plain model folder: safetensors (or the adapter), config, tokenizer. */
  save(folder: string): Promise<void>;
  /** Writes outputDir/checkpoint-<step> now; returns its folder. */
  checkpoint(): Promise<string>;
  /** Frees optimizer state and the copies made here; the model stays the caller's. */
  dispose(): void;
}

/** Metrics computed by the caller, on the model as it stands. */
export type Evaluate = (context: {
  step: number;
  model: LanguageModel;
  signal?: AbortSignal;
}) => Promise<Record<string, number>> | Record<string, number>;

/** Ports that all trainers have beside their own. */
export interface SharedPorts {
  model: LanguageModel;
  /** Name for events, such as "pretrain". */
  stage?: string;
  evaluate?: Evaluate;
  outputDir?: string;
  /** A checkpoint folder, or true for the newest one in outputDir (none: starts afresh). */
  resumeFromCheckpoint?: string | boolean;
}
