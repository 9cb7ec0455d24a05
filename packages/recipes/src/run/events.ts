// Everything that happens in a run, as one stream of plain objects: terminal, log files and report are all readers of it.

import type { StageKind } from '../manifest/schema.ts';

/** One optimizer step (or one sampling round). `metrics` has the trainer's names in snake_case: loss, reward, accuracy, ... */
export interface StepEvent {
  type: 'step';
  step: number;
  totalSteps: number;
  metrics: Record<string, number>;
  /** Tokens that went through the model in this step, and the seconds that it took. */
  tokens: number;
  seconds: number;
}

/** One completion of a training step. All text is the model's: escape it before showing it anywhere. */
export interface RolloutRecord {
  step: number;
  group: string;
  sample: number;
  prompt: string;
  completion: string;
  /** null: it could not be scored. */
  reward: number | null;
  parts?: Record<string, number>;
  advantage: number;
  tokens: number;
  finish?: 'stop' | 'length' | 'abort';
  mode?: 'think' | 'no_think';
  /** Why there is no reward. */
  unscored?: string;
  answer?: string;
}

/** One completion shown for the eye. */
export interface SampleRecord {
  prompt: string;
  mode: 'think' | 'no_think';
  text: string;
  answer?: string;
  expected?: string;
  correct?: boolean;
}

export type StageEvent =
  | StepEvent
  | { type: 'rollout'; step: number; records: RolloutRecord[] }
  /** Something measured after a step, apart from its training. */
  | { type: 'measured'; step: number; metrics: Record<string, number>; seconds: number }
  | { type: 'progress'; label: string; done: number; total: number }
  | { type: 'checkpoint'; step: number; folder: string }
  | { type: 'sample'; samples: SampleRecord[] }
  | {
      type: 'gate';
      metric: string;
      value: number;
      atLeast: number;
      action: 'passed' | 'train-on' | 'failed';
      extraSteps: number;
    }
  | { type: 'warning'; code: string; message: string };

export interface StagePlan {
  name: string;
  kind: StageKind;
  hash: string;
  folder: string;
  state: 'new' | 'started' | 'finished';
}

export type RunEvent =
  | {
      type: 'run-start';
      folder: string;
      recipe: string;
      title?: string;
      seed: number;
      method?: string;
      device: string;
      stages: StagePlan[];
    }
  | {
      type: 'stage-start';
      stage: string;
      kind: StageKind;
      index: number;
      count: number;
      resumed: boolean;
      totalSteps?: number;
    }
  | { type: 'stage-reused'; stage: string; kind: StageKind; index: number; count: number; outcome: StageOutcome }
  | ({ stage: string } & StageEvent)
  | { type: 'stage-end'; stage: string; kind: StageKind; index: number; outcome: StageOutcome }
  | { type: 'stopping'; stage: string }
  | {
      type: 'run-end';
      status: 'finished' | 'aborted';
      folder: string;
      stage?: string;
      resultFile?: string;
      reportFile?: string;
    };

/** What a finished stage leaves behind (stage.json). */
export interface StageOutcome {
  steps: number;
  seconds: number;
  tokens: number;
  /** Model folder for the stages after this one. */
  checkpoint?: string;
  /** Last values of the training metrics, and the gate's. */
  metrics: Record<string, number>;
  gate?: { metric: string; value: number; atLeast: number; passed: boolean; extraSteps: number };
  /** Of an evaluate stage. */
  evaluation?: EvaluationResult;
}

/**
 * One mode of an evaluation. Rates are 0..1; `tokens` (of thinking) and `operationsPerLine` are means over the sampled completions.
 * null: not measured. `passAt8` and `majAt8` are over all samples of a problem (8 unless `samplesPerProblem` says otherwise).
 */
export interface ModeFigures {
  greedy: number | null;
  sampled: number | null;
  passAt8: number | null;
  majAt8?: number | null;
  format: number | null;
  obeyed: number | null;
  truncated?: number | null;
  tokens: number | null;
  operationsPerLine: number | null;
  copiedRight?: number | null;
  /** Sampled pass@1 by group of problems, such as their number of operations. */
  byGroup?: Record<string, number>;
  /** 95 % intervals of the rates above, by name. */
  intervals?: Record<string, [number, number]>;
}

export interface EvaluationResult {
  task: string;
  problems: number;
  samplesPerProblem: number;
  think?: ModeFigures;
  noThink?: ModeFigures;
  samples: SampleRecord[];
}
