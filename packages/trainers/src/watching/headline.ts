// The figures a person watches, most telling first. Where a reward is learnt from, the loss comes last: on-policy the ratio is 1 and
// advantages sum to 0, so a policy-gradient loss near 0 says nothing about learning. Elsewhere the loss is what is learnt from.

export interface HeadlineFigure {
  label: string;
  /** The metric it is read from. */
  name: string;
  value: number;
  /** A share of 0..1. */
  isShare: boolean;
  /** Says what was learnt, as opposed to how the training fares. */
  isResult: boolean;
  /** The figure, of a value of the metric `name`. */
  of(metric: number): number;
}

interface Shown {
  label: string;
  /** First of these metrics that is there. */
  from: readonly string[];
  isShare?: boolean;
  isResult?: boolean;
  of?: (metric: number) => number;
}

const REWARD: Shown = { label: 'reward', from: ['reward', 'objective/scores', 'eval_reward'], isResult: true };
const ACCURACIES: readonly Shown[] = [
  { label: 'accuracy', from: ['accuracy', 'rewards/accuracy/mean', 'sampled_accuracy', 'eval_accuracy'] },
  { label: 'pair accuracy', from: ['rewards/accuracies'] },
  { label: 'token accuracy', from: ['mean_token_accuracy'] },
].map((shown) => ({ ...shown, isShare: true, isResult: true }));
const MARGIN: Shown = { label: 'margin', from: ['rewards/margins', 'margin'], isResult: true };
const HEALTH: readonly Shown[] = [
  { label: 'entropy', from: ['entropy', 'policy/entropy_avg'] },
  { label: 'grad', from: ['grad_norm'] },
  { label: 'signal', from: ['frac_reward_zero_std'], isShare: true, of: (withoutSignal) => 1 - withoutSignal },
];
const LOSS: Shown = { label: 'loss', from: ['loss'] };

/** What the metrics hold of it. */
export function headlineFigures(metrics: Readonly<Record<string, number>>): HeadlineFigure[] {
  const hasReward = REWARD.from.some((name) => metrics[name] !== undefined);
  const order = hasReward
    ? [REWARD, ...ACCURACIES, ...HEALTH, LOSS]
    : [{ ...LOSS, isResult: true }, ...ACCURACIES, MARGIN, ...HEALTH];
  return order.flatMap(({ label, from, isShare = false, isResult = false, of = (metric: number) => metric }) => {
    const name = from.find((candidate) => metrics[candidate] !== undefined);
    return name === undefined ? [] : [{ label, name, value: of(metrics[name]!), isShare, isResult, of }];
  });
}

/** `reward 0.412 | accuracy 0.38 | entropy 1.23 | grad 0.51 | signal 0.75 | loss 0.01`, what the metrics hold of it. */
export function headline(metrics: Readonly<Record<string, number>>): string {
  return headlineFigures(metrics)
    .map(({ label, value }) => `${label} ${short(value)}`)
    .join(' | ');
}

/** Three significant digits. */
function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
