// TwStoreAs { x } and TwStoreBlocks { blocks } attrs { storage, numerics, shape }: weights as products read them, in float32 or fewer
// bits. And what the products launch when one of their weights is such a one.
import type { Numerics, StorageType, tf } from '@thinkwright/tensors';
import type { Address } from '../allocator.ts';
import type { NativeBackend } from '../backend.ts';
import { at, type KernelTable } from './native-kernel.ts';
import { PANEL_WIDTH, packedPanels } from './packed-weights.ts';
import { packStored, quantise } from './stored-data.ts';

/** Weights that one launch takes. */
const SIDE_BY_SIDE = 3;

export const storedKernels: KernelTable = {
  TwStoreAs: (backend, { x }, { storage, numerics }) =>
    quantise(backend, x!, storage as StorageType, numerics as Numerics),

  TwStoreBlocks(backend, { blocks }, { storage, numerics, shape }) {
    const [n, k] = shape as [number, number];
    return packStored(backend, at(backend, blocks!), storage as StorageType, numerics as Numerics, n, k);
  },
};

/** Whether any of these weights is kept as panels. */
export function anyStored(backend: NativeBackend, weights: readonly tf.TensorInfo[]): boolean {
  return weights.some((weight) => backend.data(weight).stored !== undefined);
}

/** Whether any of these weights is kept in fewer bits. */
export function anyInFewerBits(backend: NativeBackend, weights: readonly tf.TensorInfo[]): boolean {
  return weights.some((weight) => (backend.data(weight).stored?.type ?? 0) !== 0);
}

/** Panels of a weight: stored ones as they are, else packed; and their type. */
function panelsOf(backend: NativeBackend, weight: tf.TensorInfo): { panels: Address; type: number } {
  const { stored, address } = backend.data(weight);
  return stored ? { panels: address, type: stored.productType } : { panels: packedPanels(backend, [weight]), type: 0 };
}

/** What a head kernel is told of a weight in rows; panels have the type of their storage. */
const HEAD_ROWS = -1;

/** Launches with the weight of a head and what it is: stored panels, packed ones if they are to be kept, else its rows. */
export function withHeadWeight(
  backend: NativeBackend,
  weight: tf.TensorInfo,
  keep: boolean,
  launchWith: (head: Address, type: number) => void,
): void {
  const { stored, address } = backend.data(weight);
  if (stored) launchWith(address, stored.productType);
  else if (keep) launchWith(packedPanels(backend, [weight]), 0);
  else launchWith(address, HEAD_ROWS);
}

export interface StoredProduct {
  rows: number;
  /** [rows, K] forward; backward [rows, stride], of which the outputs of these weights begin at `column`. */
  a: Address;
  stride?: number;
  column?: number;
  /** [rows, ΣN] forward, [rows, K] backward. */
  c: Address;
  backward: boolean;
  /** Backward: added to what c holds. */
  accumulate: boolean;
  /** Forward: what comes before and after the product, see native/gemm/prologue.h and epilogue.h. */
  fused?: Fused;
}

/** 0 where something is left out. */
interface Fused {
  bias: Address;
  addend: Address;
  /** Only if isOneLaunch. */
  gated: Address;
  norm: Address;
  inverse: Address;
  epsilon: number;
}

const NOTHING_FUSED: Fused = { bias: 0, addend: 0, gated: 0, norm: 0, inverse: 0, epsilon: 0 };

/** y = x Wᵀ, or dx = dy W, for weights side by side of which some are stored. */
export function storedProduct(backend: NativeBackend, weights: readonly tf.TensorInfo[], product: StoredProduct): void {
  const { rows, a, c, backward, accumulate } = product;
  const { bias, addend, gated, norm, inverse, epsilon } = product.fused ?? NOTHING_FUSED;
  const k = weights[0]!.shape[1]!;
  const total = weights.reduce((sum, weight) => sum + weight.shape[0]!, 0);
  const { stride = total, column: start = 0 } = product;
  const aStride = backward ? stride : k;
  const cStride = backward ? k : total;
  let column = start;
  for (const group of groupsOf(backend, weights)) {
    const [first, second, third] = group.map((weight) => ({ ...panelsOf(backend, weight), n: weight.shape[0]! }));
    const absent = { panels: 0, n: 0, type: 0 };
    const [p, q, r] = [first!, second ?? absent, third ?? absent];
    backend.runtime.stream.launch.storedGemm(
      rows,
      k,
      a,
      aStride,
      c,
      cStride,
      column,
      backward ? 1 : 0,
      backward && (accumulate || column > start) ? 1 : 0,
      p.panels,
      p.n,
      p.type,
      q.panels,
      q.n,
      q.type,
      r.panels,
      r.n,
      r.type,
      bias,
      addend,
      gated,
      norm,
      inverse,
      epsilon,
    );
    column += p.n + q.n + r.n;
  }
}

/** Whether a product with these weights is a single launch. */
export function isOneLaunch(backend: NativeBackend, weights: readonly tf.TensorInfo[]): boolean {
  return !anyStored(backend, weights) || groupsOf(backend, weights).length === 1;
}

/** Up to three weights in the same numerics, each but the last with whole panels. */
function groupsOf(backend: NativeBackend, weights: readonly tf.TensorInfo[]): tf.TensorInfo[][] {
  const numericsOf = (weight: tf.TensorInfo) => backend.data(weight).stored?.numerics ?? 'exact';
  const groups: tf.TensorInfo[][] = [];
  for (const weight of weights) {
    const last = groups.at(-1);
    const fits =
      last &&
      last.length < SIDE_BY_SIDE &&
      last.at(-1)!.shape[0]! % PANEL_WIDTH === 0 &&
      numericsOf(last[0]!) === numericsOf(weight);
    if (fits) last.push(weight);
    else groups.push([weight]);
  }
  return groups;
}
