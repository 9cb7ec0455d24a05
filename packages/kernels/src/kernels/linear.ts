// TwLinear, TwGatedLinear and their gradients: several weights side by side are one matrix product, and what is added to it or made of
// it at once is part of the launch.
import type { tf } from '@thinkwright/tensors';
import type { Address } from '../allocator.ts';
import type { NativeBackend } from '../backend.ts';
import { FLOAT32 } from '../backend-data.ts';
import { type Attributes, at, atOrNull, gradientOutput, type Inputs, type KernelTable } from './native-kernel.ts';
import { PANEL_WIDTH, packedPanels, withPanels } from './packed-weights.ts';
import { refuseGradient } from './stored-data.ts';
import { anyInFewerBits, anyStored, isOneLaunch, storedProduct } from './stored-weights.ts';

function listed(inputs: Inputs, name: string, count: number): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, index) => inputs[`${name}${index}`]!);
}

function totalRows(weights: readonly tf.TensorInfo[]): number {
  return weights.reduce((sum, weight) => sum + weight.shape[0]!, 0);
}

/** Launches with the biases of all weights as one vector, zero where there is none, or with 0 if there are none at all. */
function withBias(
  backend: NativeBackend,
  inputs: Inputs,
  weights: tf.TensorInfo[],
  keep: boolean,
  launchWith: (bias: Address) => void,
) {
  const biases = weights.map((_, index) => inputs[`bias${index}`]);
  const present = biases.filter((bias) => bias !== undefined);
  if (present.length === 0) return launchWith(0);
  if (weights.length === 1) return launchWith(at(backend, present[0]!));
  if (present.length === weights.length) return withForwardPanels(backend, present, keep, launchWith);
  const { allocator, stream } = backend.runtime;
  const count = totalRows(weights);
  const columns = count + PANEL_WIDTH; // beyond every bias: the one that ends at the last column would clear the lanes after it
  const bytes = (columns + PANEL_WIDTH) * Float32Array.BYTES_PER_ELEMENT;
  const vector = allocator.allocate(bytes);
  stream.launch.fill(FLOAT32, vector, count, 0);
  let row = 0;
  for (const [index, weight] of weights.entries()) {
    const own = weight.shape[0]!;
    if (biases[index]) stream.launch.packForward(at(backend, biases[index]), own, 1, row, columns, vector);
    row += own;
  }
  launchWith(vector);
  allocator.release(vector, bytes);
}

function withForwardPanels(
  backend: NativeBackend,
  weights: tf.TensorInfo[],
  keep: boolean,
  launchWith: (panels: Address) => void,
) {
  if (keep) launchWith(packedPanels(backend, weights));
  else withPanels(backend, 'forward', weights, launchWith);
}

/** Where a product goes, and what is added to or made of it in the same launch; 0 where that is left out. */
interface ProductPlaces {
  c: Address;
  addend: Address;
  gated: Address;
}

/** c = norm(x) Wᵀ + bias + addend for weights side by side. Returns the inverse root mean squares if there is a norm. */
function product(
  backend: NativeBackend,
  inputs: Inputs,
  weights: tf.TensorInfo[],
  { keepPanels, epsilon }: Attributes,
  { c, addend, gated }: ProductPlaces,
): tf.TensorInfo[] {
  const x = inputs.x!;
  const [rows, k] = x.shape as [number, number];
  const n = totalRows(weights);
  const norm = atOrNull(backend, inputs.norm);
  const factors = inputs.norm === undefined ? [] : [backend.output([rows])];
  const inverse = factors[0]?.dataId.address ?? 0;
  withBias(backend, inputs, weights, keepPanels, (bias) => {
    if (anyStored(backend, weights)) {
      const fused = { bias, addend, gated, norm, inverse, epsilon };
      storedProduct(backend, weights, { rows, a: at(backend, x), c, backward: false, accumulate: false, fused });
      return;
    }
    const { launch } = backend.runtime.stream;
    const a = at(backend, x);
    withForwardPanels(backend, weights, keepPanels, (panels) =>
      launch.gemm(rows, n, k, a, 0, k, panels, c, 0, n, 0, bias, addend, gated, norm, inverse, epsilon),
    );
  });
  return factors;
}

export const linearKernels: KernelTable = {
  TwLinear(backend, inputs, attributes) {
    const { count, keepPanels } = attributes;
    const weights = listed(inputs, 'weight', count);
    const rows = inputs.x!.shape[0]!;
    const n = totalRows(weights);
    const y = backend.output([rows, n]);
    const c = y.dataId.address;
    const places = { c, addend: atOrNull(backend, inputs.addend), gated: 0 };
    const factors = product(backend, inputs, weights, attributes, places);
    const { launch } = backend.runtime.stream;
    let column = 0;
    for (const [index, weight] of weights.entries()) {
      const [narrow, wide] = [inputs[`narrow${index}`], inputs[`wide${index}`]];
      const from = column;
      const width = weight.shape[0]!;
      column += width;
      if (narrow === undefined || wide === undefined) continue;
      const [a, rank] = [at(backend, narrow), narrow.shape[1]!];
      // Goes on from the product that is there.
      withForwardPanels(backend, [wide], keepPanels, (panels) =>
        launch.gemm(rows, width, rank, a, 0, rank, panels, c, from, n, 1, 0, 0, 0, 0, 0, 0),
      );
    }
    return [y, ...factors];
  },

  TwGatedLinear(backend, inputs, attributes) {
    const weights = listed(inputs, 'weight', 2);
    const rows = inputs.x!.shape[0]!;
    const width = weights[0]!.shape[0]!;
    const [gated, gateUp] = [backend.output([rows, width]), backend.output([rows, 2 * width])];
    const [to, c] = [gated.dataId.address, gateUp.dataId.address];
    const inOneLaunch = width % PANEL_WIDTH === 0 && isOneLaunch(backend, weights);
    const factors = product(backend, inputs, weights, attributes, { c, addend: 0, gated: inOneLaunch ? to : 0 });
    if (!inOneLaunch) backend.runtime.stream.launch.swiglu(c, to, rows, width);
    return [gateUp, gated, ...factors];
  },

  TwLinearGradInput(backend, inputs, { count, column }) {
    const { dy, sum } = inputs as { dy: tf.TensorInfo; sum?: tf.TensorInfo };
    const [rows, stride] = dy.shape as [number, number];
    const weights = listed(inputs, 'weight', count);
    const k = weights[0]!.shape[1]!;
    const dx = gradientOutput(backend, sum, [rows, k]);
    const c = at(backend, dx);
    const accumulate = sum !== undefined;
    if (anyInFewerBits(backend, weights)) {
      refuseGradient(backend, weights);
      storedProduct(backend, weights, { rows, a: at(backend, dy), stride, column, c, backward: true, accumulate });
      return dx;
    }
    const [a, n] = [at(backend, dy), totalRows(weights)];
    const { launch } = backend.runtime.stream;
    withPanels(backend, 'backward', weights, (panels) =>
      launch.gemm(rows, k, n, a, column, stride, panels, c, 0, k, accumulate ? 1 : 0, 0, 0, 0, 0, 0, 0),
    );
    return dx;
  },

  TwLinearGradWeight(backend, inputs, attributes) {
    const { dy, x, sum } = inputs as { dy: tf.TensorInfo; x: tf.TensorInfo; sum?: tf.TensorInfo };
    const { column, width } = attributes as { column: number; width: number };
    const [rows, stride] = dy.shape as [number, number];
    const k = x.shape[1]!;
    const dWeight = gradientOutput(backend, sum, [width, k]);
    const { launch } = backend.runtime.stream;
    const [from, to] = [at(backend, dy), at(backend, dWeight)];
    launch.gradWeight(rows, width, k, from, column, stride, at(backend, x), k, to, sum ? 1 : 0);
    return dWeight;
  },

  TwLinearGradBias(backend, inputs, attributes) {
    const dy = inputs.dy!;
    const { column, width } = attributes as { column: number; width: number };
    const [rows, stride] = dy.shape as [number, number];
    const dBias = gradientOutput(backend, inputs.sum, [width]);
    const { launch } = backend.runtime.stream;
    launch.gradBias(at(backend, dy), rows, stride, column, at(backend, dBias), width, inputs.sum ? 1 : 0);
    return dBias;
  },
};
