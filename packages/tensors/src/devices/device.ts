// What a device is. A package offers one by exporting `device: Device`; tfjs kernels come with its activation.
import type { tf } from '../tfjs.ts';

export interface DeviceOptions {
  /** Compute threads; the device chooses when left out. */
  threads?: number;
  /**
   * Hold memory but compute nothing; what is read back means nothing. A run in this mode tells what it will hold
   * (`memory().bytesReserved`) in a moment. Devices without such a mode refuse it.
   */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** Memory that a device holds, in bytes. */
export interface DeviceMemory {
  /** Held by live tensors and by the device's own packed copies. */
  bytesInUse: number;
  /** The largest `bytesInUse` so far. */
  peakBytes: number;
  /** What the device has ever touched, and keeps for reuse. */
  bytesReserved: number;
  /** What its kernels hold beside that: packed operands, rows of logits. Not known to a dry run. */
  scratchBytes: number;
  /** What it may use at most. */
  bytesLimit: number;
}

export type Availability = { available: true; description: string } | { available: false; reason: string; fix: string };

/** A recorded program of launches; `replay` runs it again on the same memory. */
export interface CapturedGraph<T> {
  /** The tensors that `run` returned: they belong to the graph and hold the last replay's values. */
  readonly outputs: T;
  replay(): void;
  dispose(): void;
}

export interface Device {
  readonly name: string;
  readonly description: string;
  /** Can it run here? Says why not and what to do about it; never throws. */
  probe(): Promise<Availability>;
  /** Registers its tfjs backend under `name` and makes it ready. */
  activate(options: DeviceOptions): Promise<void>;
  /** Records what `run` launches. Tensors made inside belong to the graph. */
  captureGraph?<T extends tf.TensorContainer>(run: () => T): CapturedGraph<T>;
  /** Resolves when everything launched so far has run. */
  synchronize?(): Promise<void>;
  memory?(): DeviceMemory;
}

/** The device that ops run on now. */
export interface ActiveDevice {
  readonly name: string;
  readonly description: string;
  captureGraph?<T extends tf.TensorContainer>(run: () => T): CapturedGraph<T>;
  synchronize(): Promise<void>;
  /** Absent on devices that do not count. */
  memory?(): DeviceMemory;
}

export interface DeviceReport {
  name: string;
  description: string;
  available: boolean;
  active: boolean;
  /** Why it cannot run here. */
  reason?: string;
  fix?: string;
}
