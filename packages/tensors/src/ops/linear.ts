// y = x Wᵀ + b for one weight or several side by side (query, key and value): one read of x. A residual stream or the low-rank terms
// of LoRA (Hu et al. 2021) are added while y is still in cache, and keep nothing of their own for the backward pass.
// Native kernels: TwLinear { x, weight0…, bias0…, addend?, narrow0…, wide0…, norm? } attrs { count, epsilon, keepPanels: the
// weights will be read again unchanged } → [y, and with a norm the inverse root mean squares [T]]; TwLinearGradInput { dy, weight0…, sum? } attrs { count, column } → dx, of weights whose outputs begin
// at `column`; TwLinearGradWeight { dy, x, sum? } and TwLinearGradBias { dy, sum? }, attrs { column, width } → dW or db.
import { TensorError } from '../errors.ts';
import { expectPositive, expectShape } from '../expect.ts';
import { type GradientThunks, hasKernel, isRecording, record, runKernel, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { type RmsNormOptions, rmsNorm } from './rms-norm.ts';

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
  /** x is normalised first, as by `rmsNorm`. */
  norm?: InputNorm;
}

export interface InputNorm extends RmsNormOptions {
  weight: tf.Tensor1D; // [K]
}

/**
 * Matrix product with the rows of one or several weights.
 * @param x [T, K]
 * @param weights [N, K], or several of them with the same K
 * @returns [T, ΣN]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function linear(
  x: tf.Tensor2D,
  weights: tf.Tensor2D | readonly tf.Tensor2D[],
  options: LinearOptions = {},
): tf.Tensor2D {
  const list = Array.isArray(weights) ? (weights as readonly tf.Tensor2D[]) : [weights as tf.Tensor2D];
  if (hasKernel('TwLinear')) return recordLinear('TwLinear', x, list, options);
  expectLinearInputs(x, list, options);
  return linearComposite(x, list, options);
}

/** The same in plain tfjs ops. */
export function linearComposite(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  { biases = [], addend, lowRank = [], norm }: LinearOptions = {},
): tf.Tensor2D {
  const rows = norm ? rmsNorm(x, norm.weight, norm) : x;
  const outputs = weights.map((weight, index) => {
    const terms: tf.Tensor[] = [tf.matMul(rows, weight, false, true)]; // [T, N]
    if (biases[index]) terms.push(biases[index]);
    const term = lowRank[index];
    if (term) terms.push(tf.matMul(term.narrow, term.wide, false, true));
    return terms.reduce((sum, part) => tf.add(sum, part));
  });
  const product = (outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 1)) as tf.Tensor2D;
  return addend ? tf.add(product, addend) : product;
}

/**
 * The tape node of a product.
 * @param kernelName TwLinear, or one whose first outputs are the product and something made of it, which is handed out
 */
export function recordLinear(
  kernelName: 'TwLinear' | 'TwGatedLinear',
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  options: LinearOptions,
  handOut?: (made: tf.Tensor) => void,
): tf.Tensor2D {
  expectLinearInputs(x, weights, options);
  const { biases = [], addend, lowRank = [], norm } = options;
  const terms = lowRank.flatMap((term, index) => (term ? [{ ...term, index }] : []));
  const inputs: Record<string, tf.Tensor> = {
    x,
    ...numbered('weight', weights),
    ...numbered('bias', biases),
    ...Object.fromEntries(
      terms.flatMap(({ narrow, wide, index }) => [
        [`narrow${index}`, narrow],
        [`wide${index}`, wide],
      ]),
    ),
    ...(addend && { addend }),
    ...(norm && { norm: norm.weight }),
  };
  return record<tf.Tensor2D>({
    inputs,
    forward(save) {
      const attributes = { count: weights.length, keepPanels: !isRecording(), epsilon: norm?.epsilon ?? 0 };
      const [y, ...others] = runKernel<tf.Tensor[]>(kernelName, inputs, attributes);
      if (handOut) handOut(others.shift()!);
      const ofNorm = norm ? [norm.weight, others[0]!] : [];
      save([x, ...weights, ...terms.flatMap(({ narrow, wide }) => [narrow, wide]), ...ofNorm]);
      return y as tf.Tensor2D;
    },
    backward(dy, saved) {
      const savedWeights = saved.slice(1, 1 + weights.length);
      const columns = columnsOf(savedWeights);
      const rows = norm ? normalisedRows(saved, norm.epsilon) : () => saved[0]!; // only for a weight: x may have to be computed
      const gradients = norm ? throughNorm(dy, savedWeights, saved) : throughProduct(dy, savedWeights);
      for (const [index, range] of columns.entries()) {
        gradients[`weight${index}`] = () =>
          runKernel('TwLinearGradWeight', withSumSoFar(`weight${index}`, { dy, x: rows() }), range);
        gradients[`bias${index}`] = () => runKernel('TwLinearGradBias', withSumSoFar(`bias${index}`, { dy }), range);
      }
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

function throughProduct(dy: tf.Tensor, weights: readonly tf.Tensor[]): GradientThunks {
  const named = { dy, ...numbered('weight', weights) };
  const attributes = { count: weights.length, column: 0 };
  return { x: () => runKernel('TwLinearGradInput', withSumSoFar('x', named), attributes) };
}

/** @param saved x first, the norm's weight and the inverse root mean squares last */
function throughNorm(dy: tf.Tensor, weights: readonly tf.Tensor[], saved: readonly tf.Tensor[]): GradientThunks {
  let gradients: [tf.Tensor, tf.Tensor] | undefined;
  const both = () => {
    if (gradients) return gradients;
    const attributes = { count: weights.length, column: 0 };
    const dRows = runKernel<tf.Tensor>('TwLinearGradInput', { dy, ...numbered('weight', weights) }, attributes);
    const [weight, inverse] = saved.slice(-2) as [tf.Tensor, tf.Tensor];
    gradients = runKernel('TwRmsNormGrad', withSumSoFar('norm', { dy: dRows, x: saved[0]!, weight, inverse }));
    dRows.dispose();
    return gradients;
  };
  return { x: () => both()[0], norm: () => both()[1] };
}

/** The rows that were multiplied, computed again when first asked for. */
function normalisedRows(saved: readonly tf.Tensor[], epsilon: number): () => tf.Tensor {
  let rows: tf.Tensor | undefined;
  return () => {
    rows ??= runKernel<tf.Tensor[]>('TwRmsNorm', { x: saved[0]!, weight: saved.at(-2)! }, { epsilon })[0]!;
    return rows;
  };
}

/** name0, name1, … for those that are there. */
function numbered(name: string, tensors: readonly (tf.Tensor | null | undefined)[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.flatMap((tensor, index) => (tensor ? [[`${name}${index}`, tensor]] : [])));
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

function expectLinearInputs(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  { biases = [], addend, lowRank = [], norm }: LinearOptions,
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
  if (norm) {
    expectShape('linear', 'norm.weight', norm.weight, [columns], '[K]');
    expectPositive('linear', 'norm.epsilon', norm.epsilon);
  }
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
