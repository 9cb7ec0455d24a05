// AdamW (Loshchilov and Hutter 2019) in the operation order of torch.optim.AdamW, single-tensor form.
// Kernel, in place, all parameters at once: TwAdamW { value0, gradient0, average0, squareAverage0, value1, …, gradientScale? }
// attrs { beta1, beta2, epsilon, updates: for each { keep (1 - lr * decay), stepSize (lr / (1 - beta1^t)),
// correction (sqrt(1 - beta2^t)) } } → nothing. AMSGrad (Reddi et al. 2018, https://arxiv.org/abs/1904.09237) has no kernel.
import { TensorError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { assignValues } from '../storage.ts';
import { hasKernel, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import type { Parameter } from './parameter.ts';

export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Decoupled weight decay, for parameters with `decay`. */
  weightDecay?: number;
  /** Divide by the largest second moment so far, not the current one: a third number of state, and slower. Default false. */
  amsgrad?: boolean;
}

/** One tensor of a saved optimizer state. */
export interface StateTensor {
  shape: readonly number[];
  data: Float32Array;
}

/** One tensor of a live state: a tensor, or numbers that an optimizer keeps elsewhere. */
export interface LiveState {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
}

export interface UpdateOptions {
  /** Every gradient is multiplied by this device scalar first (clipping, 1 / tokens). */
  gradientScale?: tf.Scalar;
}

export interface Optimizer {
  /** Updates done so far. */
  readonly step: number;
  /** One update in place. Parameters without a gradient stay as they are. The gradients are not disposed. */
  update(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, options?: UpdateOptions): void;
  /** The live state: `<parameter>.exp_avg` and `<parameter>.exp_avg_sq`, with AMSGrad `<parameter>.max_exp_avg_sq`. */
  state(): ReadonlyMap<string, LiveState>;
  /** Updates that a parameter missed for want of a gradient, by name; only those that did. To be saved with `step`. */
  missedUpdates(): Record<string, number>;
  /** Restores a state that `state()` gave. */
  load(
    step: number,
    state: ReadonlyMap<string, StateTensor>,
    missedUpdates?: Readonly<Record<string, number>>,
  ): Promise<void>;
  dispose(): void;
}

/** An optimizer whose state is all tensors. */
export interface TensorOptimizer extends Optimizer {
  state(): Map<string, tf.Tensor>;
}

interface Moments {
  average: tf.Variable;
  squareAverage: tf.Variable;
  /** Of `squareAverage`, with AMSGrad. */
  largest?: tf.Variable;
  /** Updates that this parameter missed because it had no gradient: torch counts steps for each parameter. */
  missed: number;
}

/** Numbers of a step that all parameters share. */
interface Coefficients {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** One parameter's part of a step. */
interface Update {
  variable: tf.Variable;
  gradient: tf.Tensor;
  moments: Moments;
  keep: number;
  stepSize: number;
  correction: number;
}

/**
 * An optimizer over these parameters; its state starts at zero.
 * @throws TensorError TW_TENSORS_OPTION
 */
export function createAdamW(parameters: readonly Parameter[], options: AdamWOptions = {}): TensorOptimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, amsgrad = false } = options;
  expectAdamWOptions(parameters, { beta1, beta2, epsilon, weightDecay });
  const moments = new Map<string, Moments>();
  for (const { name, variable } of parameters) {
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
    const largest = amsgrad ? { largest: zeros() } : {};
    moments.set(name, { average: zeros(), squareAverage: zeros(), ...largest, missed: 0 });
  }
  let step = 0;
  const liveState = () => {
    const state = new Map<string, tf.Tensor>();
    for (const [name, { average, squareAverage, largest }] of moments) {
      state.set(`${name}.exp_avg`, average);
      state.set(`${name}.exp_avg_sq`, squareAverage);
      if (largest) state.set(`${name}.max_exp_avg_sq`, largest);
    }
    return state;
  };
  return {
    get step() {
      return step;
    },
    update(gradients, learningRate, { gradientScale } = {}) {
      if (!(learningRate >= 0 && Number.isFinite(learningRate))) {
        throw new TensorError(
          'TW_TENSORS_OPTION',
          `AdamW: learning rate is ${learningRate}, expected a finite number >= 0`,
        );
      }
      step++;
      const updates: Update[] = [];
      for (const { name, variable, decay } of parameters) {
        const gradient = gradients.get(name);
        const state = moments.get(name)!;
        if (!gradient) {
          state.missed++;
          continue;
        }
        expectShape('AdamW', `gradient of ${name}`, gradient, variable.shape, 'the shape of the parameter');
        const count = step - state.missed;
        updates.push({
          variable,
          gradient,
          moments: state,
          keep: decay ? 1 - learningRate * weightDecay : 1,
          stepSize: learningRate / (1 - beta1 ** count),
          correction: Math.sqrt(1 - beta2 ** count),
        });
      }
      updateAll(updates, { beta1, beta2, epsilon }, gradientScale);
    },
    state: liveState,
    missedUpdates() {
      const missed = Array.from(moments, ([name, state]): [string, number] => [name, state.missed]);
      return Object.fromEntries(missed.filter(([, count]) => count > 0));
    },
    async load(savedStep, saved, missedUpdates = {}) {
      if (!Number.isInteger(savedStep) || savedStep < 0) {
        throw new TensorError(
          'TW_TENSORS_OPTIMIZER_STATE',
          `AdamW: saved step is ${savedStep}, expected an integer >= 0`,
        );
      }
      const targets = liveState();
      for (const [name, tensor] of targets) expectStateTensor(name, tensor, saved.get(name));
      for (const [name, tensor] of targets) {
        tf.tidy(() => (tensor as tf.Variable).assign(tf.tensor(saved.get(name)!.data, tensor.shape)));
      }
      for (const [name, state] of moments) state.missed = missedUpdates[name] ?? 0;
      step = savedStep;
    },
    dispose() {
      tf.dispose([...liveState().values()]);
      moments.clear();
    },
  };
}

function updateAll(updates: readonly Update[], coefficients: Coefficients, gradientScale: tf.Scalar | undefined): void {
  if (!hasKernel('TwAdamW') || updates.some(({ moments }) => moments.largest)) {
    for (const update of updates) adamWComposite(update, coefficients, gradientScale);
    return;
  }
  if (updates.length === 0) return;
  for (const { variable } of updates) separateFromOthers(variable);
  const inputs: Record<string, tf.Tensor> = gradientScale ? { gradientScale } : {};
  for (const [index, { variable, gradient, moments }] of updates.entries()) {
    inputs[`value${index}`] = variable;
    inputs[`gradient${index}`] = gradient;
    inputs[`average${index}`] = moments.average;
    inputs[`squareAverage${index}`] = moments.squareAverage;
  }
  const numbers = updates.map(({ keep, stepSize, correction }) => ({ keep, stepSize, correction }));
  runKernel<tf.Tensor[]>('TwAdamW', inputs, { ...coefficients, updates: numbers });
}

/** A backend with updates in place; throws when the variable's memory is read by something that cannot follow a move. */
interface InPlaceBackend extends tf.KernelBackend {
  expectMovable?(dataId: tf.DataId): void;
}

/** An update in place must not change others: a variable that shares its memory gets its own first. */
function separateFromOthers(variable: tf.Variable): void {
  const backend = tf.backend() as InPlaceBackend;
  if (backend.refCount(variable.dataId) === 1) return;
  backend.expectMovable?.(variable.dataId);
  tf.tidy(() => assignValues(variable, tf.mul(variable, 1)));
}

/** One update in plain tfjs ops. */
function adamWComposite(
  { variable: value, gradient, moments: { average, squareAverage, largest }, keep, stepSize, correction }: Update,
  { beta1, beta2, epsilon }: Coefficients,
  gradientScale?: tf.Scalar,
): void {
  (tf.backend() as InPlaceBackend).expectMovable?.(value.dataId);
  tf.tidy(() => {
    const g = gradientScale ? tf.mul(gradient, gradientScale) : gradient;
    average.assign(tf.add(average, tf.mul(tf.sub(g, average), 1 - beta1)));
    squareAverage.assign(tf.add(tf.mul(squareAverage, beta2), tf.mul(tf.square(g), 1 - beta2)));
    largest?.assign(tf.maximum(largest, squareAverage));
    const denominator = tf.add(tf.div(tf.sqrt(largest ?? squareAverage), correction), epsilon);
    assignValues(value, tf.sub(tf.mul(value, keep), tf.mul(tf.div(average, denominator), stepSize)));
  });
}

function expectAdamWOptions(parameters: readonly Parameter[], options: Required<Omit<AdamWOptions, 'amsgrad'>>): void {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const refuse = (found: string) => {
    throw new TensorError('TW_TENSORS_OPTION', `AdamW: ${found}`);
  };
  if (!(beta1 >= 0 && beta1 < 1)) refuse(`beta1 is ${beta1}, expected a number in [0, 1)`);
  if (!(beta2 >= 0 && beta2 < 1)) refuse(`beta2 is ${beta2}, expected a number in [0, 1)`);
  if (!(epsilon >= 0)) refuse(`epsilon is ${epsilon}, expected a number >= 0`);
  if (!(weightDecay >= 0)) refuse(`weightDecay is ${weightDecay}, expected a number >= 0`);
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name)) refuse(`two parameters are called ${name}, expected unique names`);
    names.add(name);
  }
}

function expectStateTensor(name: string, tensor: tf.Tensor, saved: StateTensor | undefined): void {
  const expected = `[${tensor.shape.join(', ')}]`;
  if (!saved) {
    throw new TensorError(
      'TW_TENSORS_OPTIMIZER_STATE',
      `AdamW: the saved state has no ${name}, expected ${expected}; was it saved with the same trainable parameters?`,
    );
  }
  if (!tf.util.arraysEqual([...saved.shape], tensor.shape) || saved.data.length !== tensor.size) {
    throw new TensorError(
      'TW_TENSORS_OPTIMIZER_STATE',
      `AdamW: saved ${name} has shape [${saved.shape.join(', ')}] and ${saved.data.length} values, expected ${expected}`,
    );
  }
}
