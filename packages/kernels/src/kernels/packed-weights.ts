// Panels of 16 columns for products with weights that are kept in rows; a model's matrices are kept as panels (stored-data.ts). While
// nothing is recorded, for y = x Wᵀ: made when first needed, remade in place when a weight was updated, freed with it. A captured graph
// reads the packed block by address, so a stale pack must be refreshed before a replay: see `collectPacks`. In training: made for a
// launch and freed.
import type { tf } from '@thinkwright/tensors';
import type { Address } from '../allocator.ts';
import type { NativeBackend } from '../backend.ts';
import type { DeviceData } from '../backend-data.ts';

export const PANEL_WIDTH = 16;
const roundedUp = (count: number) => Math.ceil(count / PANEL_WIDTH) * PANEL_WIDTH;
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** Panels of weights [N, K] side by side, for y = x Wᵀ. */
export class PackedWeights {
  readonly address: Address;
  readonly weights: readonly DeviceData[];
  readonly #backend: NativeBackend;
  readonly #rows: readonly number[]; // N of each weight
  readonly #columns: number; // K
  readonly #bytes: number;
  #versions: number[];
  #disposed = false;

  constructor(backend: NativeBackend, weights: readonly DeviceData[], rows: number[], k: number) {
    this.#backend = backend;
    this.weights = weights;
    this.#rows = rows;
    this.#columns = k;
    this.#bytes = 4 * roundedUp(sum(rows)) * k;
    this.address = backend.runtime.allocator.allocate(this.#bytes);
    this.#versions = weights.map(() => -1);
    for (const weight of weights) {
      weight.packs ??= [];
      weight.packs.push(this);
    }
  }

  isFor(weights: readonly DeviceData[]): boolean {
    return this.weights.length === weights.length && this.weights.every((weight, index) => weight === weights[index]);
  }

  /** Whether no weight was updated since. */
  get isFresh(): boolean {
    return this.weights.every((weight, index) => weight.version === this.#versions[index]);
  }

  /** Packs again, into the same block, if a weight was updated since. */
  refresh(): void {
    if (this.isFresh || this.#disposed) return;
    const { launch } = this.#backend.runtime.stream;
    const total = sum(this.#rows);
    let row = 0;
    for (const [index, weight] of this.weights.entries()) {
      const count = this.#rows[index]!;
      launch.packForward(weight.address, count, this.#columns, row, total, this.address);
      row += count;
    }
    this.#versions = this.weights.map((weight) => weight.version);
  }

  /** Whether a captured graph reads these panels. */
  get pinned(): boolean {
    return this.#backend.runtime.allocator.isPinned(this.address, this.#bytes);
  }

  dispose(): void {
    this.#disposed = true;
    this.#backend.runtime.allocator.release(this.address, this.#bytes);
    for (const weight of this.weights) weight.packs = weight.packs?.filter((pack) => pack !== this);
  }
}

let used: Set<PackedWeights> | undefined;

/** K of weights [N, K]. A bias [N] is a weight with K 1: the panels of several are one vector. */
const columnsOf = (weights: readonly tf.TensorInfo[]) => weights[0]!.shape[1] ?? 1;

/** Address of the up-to-date panels of these weights, [N, K] each, side by side, for y = x Wᵀ. */
export function packedPanels(backend: NativeBackend, weights: readonly tf.TensorInfo[]): Address {
  const data = weights.map((weight) => backend.data(weight));
  let pack = data[0]!.packs?.find((candidate) => candidate.isFor(data));
  // A pack outlives the graph that is being captured, and is made at once, not by each replay.
  backend.runtime.stream.outsideCapture(() => {
    const rows = weights.map((weight) => weight.shape[0]!);
    pack ??= new PackedWeights(backend, data, rows, columnsOf(weights));
    pack.refresh();
  });
  used?.add(pack!);
  return pack!.address;
}

/** y = x Wᵀ, or dx = dy W. */
export type PackDirection = 'forward' | 'backward';

/**
 * Launches with panels that live only as long as the launch, unless up-to-date ones are there. For training: a step reads them once
 * or twice, then the weights change; kept, both directions would be twice the model again.
 */
export function withPanels(
  backend: NativeBackend,
  direction: PackDirection,
  weights: readonly tf.TensorInfo[],
  launchWith: (panels: Address) => void,
): void {
  const data = weights.map((weight) => backend.data(weight));
  const kept = direction === 'forward' ? data[0]!.packs?.find((pack) => pack.isFor(data)) : undefined;
  if (kept?.isFresh) {
    launchWith(kept.address);
    return;
  }
  const { allocator, stream } = backend.runtime;
  const rows = weights.map((weight) => weight.shape[0]!);
  const [total, k] = [sum(rows), columnsOf(weights)];
  const bytes = 4 * (direction === 'forward' ? roundedUp(total) * k : roundedUp(k) * total);
  const panels = allocator.allocate(bytes);
  let row = 0;
  for (const [index, { address, stored }] of data.entries()) {
    if (direction === 'forward') stream.launch.packForward(address, rows[index]!, k, row, total, panels);
    else if (stored) stream.launch.turnPanels(address, rows[index]!, k, row, total, panels);
    else stream.launch.packBackward(address, rows[index]!, k, row, total, panels);
    row += rows[index]!;
  }
  launchWith(panels);
  allocator.release(panels, bytes);
}

/** Runs a capture and returns the packs that it read; refresh them before each replay. */
export function collectPacks<T>(run: () => T): { result: T; packs: ReadonlySet<PackedWeights> } {
  const outer = used;
  const packs = new Set<PackedWeights>();
  used = packs;
  try {
    return { result: run(), packs };
  } finally {
    used = outer;
  }
}
