// What is alive, for leak tests and progress lines.
import { tf } from './tfjs.ts';

export interface MemoryReport {
  liveTensors: number;
  /** Bytes of the live tensors; a device's own scratch is not counted. */
  bytes: number;
  /** Bytes that the device holds for them, where it says so: less than `bytes` for weights stored in fewer bits. */
  deviceBytes?: number;
}

/** Counts live tensors and their bytes on the active device. */
export function memoryReport(): MemoryReport {
  const { numTensors, numBytes, deviceBytes } = tf.memory() as tf.MemoryInfo & { deviceBytes?: number };
  return { liveTensors: numTensors, bytes: numBytes, ...(deviceBytes === undefined ? {} : { deviceBytes }) };
}
