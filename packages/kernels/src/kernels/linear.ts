// TwLinear and its gradients: several weights side by side are one matrix product.
import type { tf } from '@thinkwright/tensors';
import type { Address } from '../allocator.ts';
import { type Attributes, at, gradientOutput, type Inputs, type KernelTable } from './native-kernel.ts';
import { packedPanels, withPanels } from './packed-weights.ts';
import { refuseGradient } from './stored-data.ts';
import { anyStored, storedProduct } from './stored-weights.ts';

function listed(inputs: Inputs, name: string, count: number): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, index) => inputs[`${name}${index}`]!);
}

function totalRows(weights: readonly tf.TensorInfo[]): number {
  return weights.reduce((sum, weight) => sum + weight.shape[0]!, 0);
}

export const linearKernels: KernelTable = {
  TwLinear(backend, inputs, attributes: Attributes) {
    const { launch } = backend.runtime.stream;
    const x = inputs.x!;
    const [rows, k] = x.shape as [number, number];
    const weights = listed(inputs, 'weight', attributes.count as number);
    const n = totalRows(weights);
    const y = backend.output([rows, n]);
    const c = y.dataId.address;
    if (anyStored(backend, weights)) storedProduct(backend, weights, { rows, a: at(backend, x), c, backward: false });
    else {
      const launchWith = (panels: Address) => launch.gemm(rows, n, k, at(backend, x), k, panels, c, n, 0);
      if (attributes.keepPanels) launchWith(packedPanels(backend, weights));
      else withPanels(backend, 'forward', weights, launchWith);
    }
    let column = 0;
    for (const [index, weight] of weights.entries()) {
      const bias = inputs[`bias${index}`];
      const count = weight.shape[0]!;
      if (bias) launch.addBias(y.dataId.address, rows, n, column, at(backend, bias), count);
      column += count;
    }
    return y;
  },

  TwLinearGradInput(backend, inputs, attributes) {
    const dy = inputs.dy!;
    const [rows, n] = dy.shape as [number, number];
    const weights = listed(inputs, 'weight', attributes.count as number);
    const k = weights[0]!.shape[1]!;
    const dx = backend.output([rows, k]);
    const c = dx.dataId.address;
    if (anyStored(backend, weights)) {
      refuseGradient(backend, weights);
      storedProduct(backend, weights, { rows, a: at(backend, dy), c, backward: true });
      return dx;
    }
    withPanels(backend, 'backward', weights, (panels) =>
      backend.runtime.stream.launch.gemm(rows, k, n, at(backend, dy), n, panels, c, k, 0),
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
