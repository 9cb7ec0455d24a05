// The allocator of the device arena. It lives in JS and works in stream order: a released block may be handed out at once,
// because whatever is launched later runs later. Size classes with four or eight steps a power of two and last-in-first-out free
// lists; when those do not serve, the free blocks are merged into regions again before the arena grows.
import { BlockPool, PinnedAddresses } from './block-pool.ts';
import { KernelError } from './errors.ts';

/** A place in the arena in units of 64 bytes; 0 is "no tensor". */
export type Address = number;

export const UNIT = 64; // bytes
const SLACK = 1; // units after each block, so that vector loads may run over its end
const FINE_FROM = 2 ** 20 / UNIT; // units above which there are eight classes a power of two
const RECLAIM_FROM = (64 * 2 ** 20) / UNIT; // free units below which growing is preferred to merging, and the share of what is held
const RECLAIM_SHARE = 1 / 64;

interface Region {
  start: number;
  end: number;
}

export interface AllocatorReport {
  /** Bytes of blocks that are held, rounded up to their size classes. */
  bytesInUse: number;
  /** Bytes that captured graphs keep beyond that: their free temporaries, constants and released inputs. */
  bytesInGraphs: number;
  /** The largest `bytesInUse` so far. */
  peakBytes: number;
  /** Bytes of the arena that were ever handed out: about what the device keeps resident. */
  bytesReserved: number;
  /** The size of the arena. */
  bytesLimit: number;
  blocks: number;
}

/** Units of the size class that holds `bytes`: multiples of 64 bytes, at most 25 % above what was asked, 12.5 % from 1 MiB on. */
export function unitsOf(bytes: number): number {
  const units = Math.max(1, Math.ceil(bytes / UNIT));
  if (units <= 8) return units;
  const step = 2 ** (Math.floor(Math.log2(units - 1)) - (units > FINE_FROM ? 3 : 2));
  return Math.ceil(units / step) * step;
}

export class Allocator {
  readonly #limit: number; // units
  #free = new Map<number, Address[]>(); // size class → blocks
  #regions: Region[]; // ascending; the last one is the untouched rest of the arena
  #freeUnits = 0;
  #inUse = 0;
  #peak = 0;
  #highWater = 1;
  #blocks = 0;
  readonly #live: Map<Address, number> | undefined; // address → units, in check mode
  #capturing: BlockPool | undefined;
  #suspended = false; // allocate outside the capture
  #owners = new Map<Address, BlockPool>(); // blocks that belong to a graph
  readonly #pins = new PinnedAddresses(); // what graphs read from outside their pool
  #deferred: [Address, number][] = []; // released while captured or pinned

  constructor(options: { bytes: number; check?: boolean }) {
    this.#limit = Math.floor(options.bytes / UNIT);
    this.#regions = [{ start: 1, end: this.#limit }];
    this.#live = options.check ? new Map() : undefined;
  }

  /** A block of at least `bytes` with undefined contents. Throws TW_KERNELS_OUT_OF_MEMORY when the arena is full. */
  allocate(bytes: number): Address {
    if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) {
      throw new KernelError('TW_KERNELS_BAD_SIZE', `cannot allocate ${bytes} bytes: expected a size of 0 or more`);
    }
    const units = unitsOf(bytes);
    const pool = this.#suspended ? undefined : this.#capturing;
    const address = pool?.free.get(units)?.pop() ?? this.#takeFree(units) ?? this.#carve(units);
    if (pool !== undefined) {
      pool.add(address, units);
      this.#owners.set(address, pool);
    }
    this.#live?.set(address, units);
    this.#blocks++;
    this.#inUse += units;
    if (this.#inUse > this.#peak) this.#peak = this.#inUse;
    return address;
  }

  /** A block that stays what it is as long as the graph being captured lives: a constant of the graph. */
  allocateConstant(bytes: number): Address {
    // Never one that an earlier launch of the graph has released: each replay would write over the constant.
    const address = this.outsideCapture(() => this.allocate(bytes));
    const pool = this.#capturing!;
    pool.add(address, unitsOf(bytes));
    pool.keep(address);
    this.#owners.set(address, pool);
    this.#blocks--;
    this.#inUse -= unitsOf(bytes);
    return address;
  }

  /** Gives back a block; `bytes` as it was allocated. Kernels launched before may still use it. */
  release(address: Address, bytes: number): void {
    const units = unitsOf(bytes);
    if (this.#live !== undefined) {
      const held = this.#live.get(address);
      if (held !== units) {
        const found = held === undefined ? 'no block is held there' : `the block there has ${held * UNIT}`;
        throw new KernelError('TW_KERNELS_BAD_RELEASE', `released ${bytes} bytes at address ${address}, but ${found}`);
      }
      this.#live.delete(address);
    }
    this.#blocks--;
    this.#inUse -= units;
    if (this.#capturing !== undefined || this.#owners.size > 0 || this.#pins.size > 0)
      this.#releaseGuarded(address, units);
    else this.#push(address, units);
  }

  /** Bytes from `address` to the end of the held block it lies in; undefined if there is none. Check mode only. */
  bytesFrom(address: Address): number | undefined {
    const exact = this.#live?.get(address);
    if (exact !== undefined) return exact * UNIT;
    for (const [start, units] of this.#live ?? []) {
      if (address > start && address < start + units) return (start + units - address) * UNIT;
    }
    return undefined;
  }

  report(): AllocatorReport {
    return {
      bytesInUse: this.#inUse * UNIT,
      bytesInGraphs: this.#graphUnits() * UNIT,
      peakBytes: this.#peak * UNIT,
      bytesReserved: this.#highWater * UNIT,
      bytesLimit: this.#limit * UNIT,
      blocks: this.#blocks,
    };
  }

  /** Whether a captured graph reads this block from outside its own pool. */
  isPinned(address: Address, bytes: number): boolean {
    return this.#pins.hasWithin(address, unitsOf(bytes));
  }

  #graphUnits(): number {
    let units = 0;
    for (const [address, pool] of this.#owners) {
      const block = pool.blocks.get(address)!;
      if (!block.held) units += block.units;
    }
    return this.#deferred.reduce((sum, [, deferred]) => sum + deferred, units);
  }

  /** From now on blocks come from, and go back to, a pool of their own. */
  beginCapture(): BlockPool {
    this.#capturing = new BlockPool();
    return this.#capturing;
  }

  /** Blocks allocated by `run` outlive the graph that is being captured. */
  outsideCapture<T>(run: () => T): T {
    const before = this.#suspended;
    this.#suspended = true;
    try {
      return run();
    } finally {
      this.#suspended = before;
    }
  }

  /** Ends the capture; the blocks at `inputs` outside the pool are kept until the pool is disposed. */
  endCapture(pool: BlockPool, inputs: Iterable<Address>): void {
    this.#capturing = undefined;
    pool.close();
    for (const address of inputs) if (address !== 0 && !pool.contains(address)) pool.pins.add(address);
    this.#pins.add(pool.pins);
    this.#settleDeferred();
  }

  /** Frees the pool; blocks in it that are still held live on as ordinary ones. */
  disposePool(pool: BlockPool): void {
    if (this.#capturing === pool) this.#capturing = undefined;
    this.#pins.remove(pool.pins);
    for (const [address, block] of pool.blocks) {
      this.#owners.delete(address);
      if (!block.held) this.#deferred.push([address, block.units]);
    }
    this.#settleDeferred();
  }

  #settleDeferred(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const [address, units] of deferred) this.#releaseGuarded(address, units);
  }

  #releaseGuarded(address: Address, units: number): void {
    const owner = this.#owners.get(address);
    if (owner !== undefined) owner.release(address);
    else if (this.#capturing !== undefined || this.#pins.hasWithin(address, units))
      this.#deferred.push([address, units]);
    else this.#push(address, units);
  }

  /** A free block of the size class, if there is one. A capture takes them too, so that graphs made again and again stay flat. */
  #takeFree(units: number): Address | undefined {
    const address = this.#free.get(units)?.pop();
    if (address !== undefined) this.#freeUnits -= units;
    return address;
  }

  #push(address: Address, units: number): void {
    const list = this.#free.get(units);
    if (list === undefined) this.#free.set(units, [address]);
    else list.push(address);
    this.#freeUnits += units;
  }

  /** Takes a new block out of the regions. */
  #carve(units: number): Address {
    const growing = !this.#fitsBelowFrontier(units);
    const worthwhile = this.#freeUnits > Math.max(RECLAIM_FROM, this.#inUse * RECLAIM_SHARE);
    if (growing && worthwhile) this.#reclaim();
    let address = this.#firstFit(units);
    if (address === undefined && this.#freeUnits > 0) {
      this.#reclaim();
      address = this.#firstFit(units);
    }
    if (address === undefined) throw this.#exhausted(units);
    this.#highWater = Math.max(this.#highWater, address + units + SLACK);
    return address;
  }

  #fitsBelowFrontier(units: number): boolean {
    for (let i = 0; i < this.#regions.length - 1; i++) {
      if (this.#regions[i]!.end - this.#regions[i]!.start >= units + SLACK) return true;
    }
    return false;
  }

  #firstFit(units: number): Address | undefined {
    for (const region of this.#regions) {
      if (region.end - region.start < units + SLACK) continue;
      const address = region.start;
      region.start += units + SLACK;
      return address;
    }
    return undefined;
  }

  /** Merges free blocks and regions that touch. */
  #reclaim(): void {
    const pieces = this.#regions.filter((region) => region.end > region.start);
    for (const [units, list] of this.#free) {
      for (const start of list) pieces.push({ start, end: start + units + SLACK });
    }
    pieces.sort((a, b) => a.start - b.start);
    const merged: Region[] = [];
    for (const piece of pieces) {
      const last = merged.at(-1);
      if (last !== undefined && last.end === piece.start) last.end = piece.end;
      else merged.push(piece);
    }
    this.#regions = merged;
    this.#free = new Map();
    this.#freeUnits = 0;
  }

  #exhausted(units: number): KernelError {
    const size = (amount: number) => {
      const bytes = amount * UNIT;
      return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(2)} MiB`;
    };
    const graphs = this.#graphUnits();
    return new KernelError(
      'TW_KERNELS_OUT_OF_MEMORY',
      `the native device has no room for ${size(units)}: ${size(this.#inUse)} of ${size(this.#limit)} are in use` +
        (graphs > 0 ? `, and captured graphs keep ${size(graphs)}` : ''),
      {
        fix: 'Use a smaller batch or shorter sequences, turn on activation checkpointing, or raise THINKWRIGHT_MEMORY_GB.',
      },
    );
  }
}
