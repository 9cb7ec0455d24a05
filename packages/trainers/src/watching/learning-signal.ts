// Is anything being learnt? Steps without a gradient, and why: every reward of every group equal, everything cut, a learning rate of 0.
// The most asked question about GRPO is "the loss is 0, is it broken?"; this answers it by cause.

/** Steps in a row without signal before it is said. */
const PATIENCE = 3;

type Metrics = Readonly<Record<string, number>>;

/** Why a step taught nothing; undefined when it did. */
export function causeOfNoSignal(metrics: Metrics): string | undefined {
  if (metrics.frac_reward_zero_std === 1) {
    if (metrics['completions/clipped_ratio'] === 1)
      return 'every completion was cut at maxCompletionLength, so all score alike. Raise maxCompletionLength, or train the stop token first';
    if (metrics.reward === 0)
      return 'every completion of every group scores 0: the problems are too hard, or the reward never pays. Look at the completions; start with easier rows, more numGenerations, or SFT';
    return `the rewards within every group are equal (mean ${metrics.reward}): the problems are too easy or too hard. Use harder rows, a finer reward, or dynamic sampling`;
  }
  if (metrics.learning_rate === 0)
    return 'the learning rate is 0. The first step of a warm-up is 0 by definition; if it stays so, check lrSchedulerType, warmupSteps and lrEnd';
  if (metrics.grad_norm === 0)
    return 'the gradient is 0: every loss token is masked or clipped. Check the masks, epsilon and delta';
  return undefined;
}

/** Speaks up at the third step in a row with the same cause, then again after as many more, doubling each time. */
export class SignalWatch {
  #cause: string | undefined;
  #steps = 0;
  #next = PATIENCE;

  /** The warning that is due after a step with these metrics. */
  after(metrics: Metrics): string | undefined {
    const cause = causeOfNoSignal(metrics);
    if (cause === undefined || cause !== this.#cause) {
      this.#cause = cause;
      this.#steps = 0;
      this.#next = PATIENCE;
    }
    if (cause === undefined || ++this.#steps < this.#next) return undefined;
    this.#next *= 2;
    return `No learning signal for ${this.#steps} steps: ${cause}.`;
  }
}
