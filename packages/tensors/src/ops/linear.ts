// y = x Wᵀ + b for one weight or several side by side (query, key and value): one read of x. A residual stream or the low-rank terms
// of LoRA (Hu et al. 2021) are added while y is still in cache, and keep nothing of their own for the backward pass.
// Native kernels: TwLinear { x, weight0…, bias0… (all or none), addend?, narrow0…, wide0… } attrs { count, keepPanels: the weights will
// be read again unchanged } → y; TwLinearGradInput { dy, weight0…, sum? } attrs { count, column } → dx, of weights whose outputs begin
// at `column`; TwLinearGradWeight { dy, x, sum? } and TwLinearGradBias { dy, sum? }, attrs { column, width } → dW or db.
import { TensorError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { type GradientThunks, hasKernel, isRecording, record, runKernel, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';

/** narrow · wideᵀ, added to the outputs of one weight. */
export interface LowRankTerm {
  narrow: tf.Tensor2D; // [T, R]
  wide: tf.Tensor2D; // [N, R]
}

export interface LinearOptions {
  /** One bias [N] (or null) for each weight. */
  biases?: readonly (tf.Tensor1D | null)[];
  /** [T, ΣN], added to the product: a residual stream. */
  addend?: tf.Tensor2D;
  /** One term (or null) for each weight. */
  lowRank?: readonly (LowRankTerm | null)[];
}

/**
 * Matrix product with the rows of one or several weights.
 * @param x [T, K]
 * @param weights [N, K], or several of them with the same K
 * @returns [T, ΣN]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function linear(
  x: tf.Tensor2D,
  weights: tf.Tensor2D | readonly tf.Tensor2D[],
  options: LinearOptions = {},
): tf.Tensor2D {
  const list = Array.isArray(weights) ? (weights as readonly tf.Tensor2D[]) : [weights as tf.Tensor2D];
  expectLinearShapes(x, list, options);
  return hasKernel('TwLinear') ? fusedLinear(x, list, options) : linearComposite(x, list, options);
}

/** The same in plain tfjs ops. */
export function linearComposite(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  { biases = [], addend, lowRank = [] }: LinearOptions = {},
): tf.Tensor2D {
  const outputs = weights.map((weight, index) => {
    const terms: tf.Tensor[] = [tf.matMul(x, weight, false, true)]; // [T, N]
    if (biases[index]) terms.push(biases[index]);
    const term = lowRank[index];
    if (term) terms.push(tf.matMul(term.narrow, term.wide, false, true));
    return terms.reduce((sum, part) => tf.add(sum, part));
  });
  const product = (outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 1)) as tf.Tensor2D;
  return addend ? tf.add(product, addend) : product;
}

function fusedLinear(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  { biases = [], addend, lowRank = [] }: LinearOptions,
): tf.Tensor2D {
  const inputs: Record<string, tf.Tensor> = { x, ...numbered('weight', weights), ...numbered('bias', biases) };
  if (addend) inputs.addend = addend;
  const [narrow, wide] = [lowRank.map((term) => term?.narrow), lowRank.map((term) => term?.wide)];
  Object.assign(inputs, numbered('narrow', narrow), numbered('wide', wide));
  const terms = lowRank.flatMap((term, index) => (term ? [{ ...term, index }] : []));
  return record<tf.Tensor2D>({
    inputs,
    forward(save) {
      save([x, ...weights, ...terms.flatMap((term) => [term.narrow, term.wide])]);
      const attributes = { count: weights.length, keepPanels: !isRecording() };
      return runKernel('TwLinear', { ...inputs, ...missingBiases(weights, biases) }, attributes);
    },
    backward(dy, saved) {
      const ofWeights = saved.slice(1, 1 + weights.length);
      const gradients = linearGradients(dy, saved, ofWeights);
      const columns = columnsOf(ofWeights);
      for (const [position, { index }] of terms.entries()) {
        const at = 1 + weights.length + 2 * position;
        gradients[`narrow${index}`] = () => {
          const named = withSumSoFar(`narrow${index}`, { dy, weight0: saved[at + 1]! });
          return runKernel('TwLinearGradInput', named, { count: 1, column: columns[index]!.column });
        };
        gradients[`wide${index}`] = () =>
          runKernel('TwLinearGradWeight', withSumSoFar(`wide${index}`, { dy, x: saved[at]! }), columns[index]!);
      }
      gradients.addend = () => dy;
      return gradients;
    },
  });
}

/**
 * Gradients of y = x Wᵀ + b by input name: x, weight0…, bias0….
 * @param dy [T, ΣN]
 * @param saved x first, read only by the weights' gradients: it may have to be computed
 */
export function linearGradients(
  dy: tf.Tensor,
  saved: readonly tf.Tensor[],
  weights: readonly tf.Tensor[],
): GradientThunks {
  const attributes = { count: weights.length, column: 0 };
  const gradients: GradientThunks = {
    x: () => runKernel('TwLinearGradInput', withSumSoFar('x', { dy, ...numbered('weight', weights) }), attributes),
  };
  for (const [index, columns] of columnsOf(weights).entries()) {
    gradients[`weight${index}`] = () =>
      runKernel('TwLinearGradWeight', withSumSoFar(`weight${index}`, { dy, x: saved[0]! }), columns);
    gradients[`bias${index}`] = () => runKernel('TwLinearGradBias', withSumSoFar(`bias${index}`, { dy }), columns);
  }
  return gradients;
}

/** name0, name1, … for those that are there. */
export function numbered(name: string, tensors: readonly (tf.Tensor | null | undefined)[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.flatMap((tensor, index) => (tensor ? [[`${name}${index}`, tensor]] : [])));
}

/** Zeros for the biases that are left out, if others are there: a launch takes one vector for all weights. */
export function missingBiases(
  weights: readonly tf.Tensor2D[],
  biases: readonly (tf.Tensor1D | null)[],
): Record<string, tf.Tensor> {
  if (!biases.some((bias) => bias)) return {};
  return numbered(
    'bias',
    weights.map((weight, index) => (biases[index] ? undefined : tf.zeros([weight.shape[0]]))),
  );
}

/** Where the outputs of each weight lie. */
function columnsOf(weights: readonly tf.Tensor[]): { column: number; width: number }[] {
  let column = 0;
  return weights.map((weight) => {
    const width = weight.shape[0]!;
    column += width;
    return { column: column - width, width };
  });
}

function expectLinearShapes(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  { biases = [], addend, lowRank = [] }: LinearOptions,
): void {
  expectShape('linear', 'x', x, [-1, -1], '[T, K]');
  if (weights.length === 0) {
    throw new TensorError('TW_TENSORS_SHAPE', 'linear: no weight was given, expected one or several [N, K]');
  }
  for (const [name, list] of [
    ['biases', biases],
    ['lowRank', lowRank],
  ] as const) {
    if (list.length > weights.length) {
      throw new TensorError(
        'TW_TENSORS_SHAPE',
        `linear: ${list.length} ${name} for ${weights.length} weights, expected one or null for each weight`,
      );
    }
  }
  const [rows, columns] = x.shape;
  let total = 0;
  for (const [index, weight] of weights.entries()) {
    expectShape('linear', `weights[${index}]`, weight, [-1, columns], '[N, K]');
    const bias = biases[index];
    if (bias) expectShape('linear', `biases[${index}]`, bias, [weight.shape[0]], '[N]');
    const term = lowRank[index];
    if (term) {
      expectShape('linear', `lowRank[${index}].narrow`, term.narrow, [rows, -1], '[T, R]');
      expectShape('linear', `lowRank[${index}].wide`, term.wide, [weight.shape[0], term.narrow.shape[1]], '[N, R]');
    }
    total += weight.shape[0];
  }
  if (addend) expectShape('linear', 'addend', addend, [rows, total], '[T, ΣN]');
}
