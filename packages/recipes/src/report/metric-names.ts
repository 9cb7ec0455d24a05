// Trainers' metric keys and how people read them: one list for the report's curves and the terminal's bar.

import { compact, percent } from './numbers.ts';

export interface MetricName {
  /** Keys under which a trainer may report it; the first present counts. */
  keys: string[];
  title: string;
  caption?: string;
  color: string;
  format: (value: number) => string;
  include?: number[];
}

export const metricNames = {
  loss: { keys: ['loss'], title: 'Loss', color: 'var(--blue)', format: compact },
  factAccuracy: {
    keys: ['fact_accuracy'],
    title: 'Facts known',
    color: 'var(--green)',
    format: (value) => percent(value, 0),
    include: [0, 1],
  },
  reward: {
    keys: ['reward'],
    title: 'Reward',
    caption: 'mean over the completions of a step',
    color: 'var(--violet)',
    format: compact,
  },
  accuracy: {
    keys: ['accuracy', 'rewards/accuracy/mean', 'sampled_accuracy'],
    title: 'Accuracy',
    caption: 'training problems, sampled',
    color: 'var(--green)',
    format: (value) => percent(value, 0),
    include: [0, 1],
  },
  pairsRanked: {
    keys: ['rewards/accuracies', 'accuracy'],
    title: 'Pairs ranked right',
    caption: 'chosen above rejected; half is a coin',
    color: 'var(--green)',
    format: (value) => percent(value, 0),
    include: [0.5, 1],
  },
  stepsJudged: {
    keys: ['accuracy'],
    title: 'Steps judged right',
    caption: 'of the labelled steps',
    color: 'var(--green)',
    format: (value) => percent(value, 0),
    include: [0.5, 1],
  },
  margin: {
    keys: ['rewards/margins', 'margin'],
    title: 'Margin',
    caption: 'reward of the chosen minus that of the rejected',
    color: 'var(--violet)',
    format: compact,
    include: [0],
  },
  heldOutAccuracy: {
    keys: ['eval_accuracy', 'eval_mean_token_accuracy'],
    title: 'Accuracy, held out',
    caption: 'rows that are not trained on',
    color: 'var(--green)',
    format: (value) => percent(value, 0),
    include: [0, 1],
  },
  heldOutLoss: {
    keys: ['eval_loss'],
    title: 'Loss, held out',
    caption: 'rows that are not trained on',
    color: 'var(--blue)',
    format: compact,
  },
  operationsPerLine: {
    keys: ['operations_per_line'],
    title: 'Operations per line',
    caption: '1 means: every step is written down',
    color: 'var(--orange)',
    format: (value) => value.toFixed(2),
    include: [1],
  },
  thinkTokens: {
    keys: ['think_tokens'],
    title: 'Thinking length',
    caption: 'tokens between the think tags',
    color: 'var(--teal)',
    format: compact,
  },
  completionTokens: {
    keys: ['completions/mean_length'],
    title: 'Completion length',
    caption: 'tokens',
    color: 'var(--teal)',
    format: compact,
  },
  entropy: {
    keys: ['entropy'],
    title: 'Entropy',
    caption: 'nats a token; falls as the policy makes up its mind',
    color: 'var(--red)',
    format: compact,
    include: [0],
  },
  liveRows: {
    keys: ['live_rows'],
    title: 'Completions that teach',
    caption: 'groups whose samples all agree drop out',
    color: 'var(--blue)',
    format: compact,
    include: [0],
  },
  format: {
    keys: ['format', 'rewards/format/mean'],
    title: 'Well-formed',
    color: 'var(--teal)',
    format: (value) => percent(value, 0),
    include: [1],
  },
  gradNorm: { keys: ['grad_norm'], title: 'Gradient norm', color: 'var(--soft)', format: compact, include: [0] },
} satisfies Record<string, MetricName>;

/** The metric's value in a step, under whichever key the trainer reports it. */
export const metricOf = (metrics: Record<string, number>, name: keyof typeof metricNames): number | undefined => {
  for (const key of metricNames[name].keys) if (metrics[key] !== undefined) return metrics[key];
  return undefined;
};
