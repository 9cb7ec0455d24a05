// The line a person watches. The loss is not in front: on-policy the ratio is 1 and advantages sum to 0, so a policy-gradient loss
// near 0 says nothing about learning.

interface Shown {
  label: string;
  /** First of these metrics that is there. */
  from: readonly string[];
}

const SHOWN: readonly Shown[] = [
  { label: 'reward', from: ['reward', 'eval_reward'] },
  { label: 'accuracy', from: ['rewards/accuracy/mean', 'rewards/accuracies', 'eval_accuracy', 'mean_token_accuracy'] },
  { label: 'entropy', from: ['entropy', 'policy/entropy_avg'] },
  { label: 'grad', from: ['grad_norm'] },
  { label: 'signal', from: ['signal_fraction'] },
  { label: 'loss', from: ['loss'] },
];

/** `reward 0.412 | accuracy 0.38 | entropy 1.23 | grad 0.51 | signal 0.75 | loss 0.01`, what the metrics hold of it. */
export function headline(metrics: Readonly<Record<string, number>>): string {
  const all: Record<string, number> = { ...metrics };
  const zero = metrics.frac_reward_zero_std;
  if (zero !== undefined) all.signal_fraction = 1 - zero;
  return SHOWN.flatMap(({ label, from }) => {
    const name = from.find((candidate) => all[candidate] !== undefined);
    return name === undefined ? [] : [`${label} ${short(all[name]!)}`];
  }).join(' | ');
}

/** Three significant digits. */
function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
