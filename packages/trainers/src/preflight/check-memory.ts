// Whether what a run is estimated to hold is there: of the machine's memory (a warning: swap and other processes change it), and of the
// device's own limit, which is fixed (an error, before hours of training end in one).

import { freemem } from 'node:os';
import type { Finding } from './finding.ts';
import type { MemoryEstimate } from './memory-estimate.ts';

/** Bytes. */
export interface MemoryRoom {
  /** Of the machine's memory. */
  free: number;
  /** Of the device's limit. */
  device: number;
}

/** The estimate's own error: what is beyond the device's limit by less may still fit. */
const CERTAIN = 0.85;

/**
 * @param held bytes of the estimate that are allocated already.
 * @param room of the machine now, and without a limit of the device, when left out.
 */
export function checkMemory(estimate: MemoryEstimate, held: number, room: Partial<MemoryRoom> = {}): Finding[] {
  const { free = freemem(), device = Number.POSITIVE_INFINITY } = room;
  const needed = estimate.total - held;
  const isRefused = CERTAIN * needed > device;
  if (!isRefused && needed <= Math.min(free, device)) return [];
  const parts = (['weights', 'gradients', 'optimizer', 'activations'] as const)
    .filter((part) => estimate[part] > 0)
    .map((part) => `${part} ${inWords(estimate[part])}`);
  const isOfDevice = isRefused || device < free;
  const found = isOfDevice ? `the device may take ${inWords(device)} more` : `${inWords(free)} are free`;
  const raise = isOfDevice ? ', or raise THINKWRIGHT_MEMORY_GB' : '';
  return [
    {
      severity: isRefused ? 'error' : 'warning',
      code: 'TW_TRAINERS_MEMORY',
      message: `Training needs about ${inWords(needed)} more, but ${found} (${parts.join(', ')}). Lower perDeviceTrainBatchSize and raise gradientAccumulationSteps (the same update), set gradientCheckpointing: true, use optim "adamw_8bit", train a LoRA adapter, lower maxLength${raise}.`,
    },
  ];
}

function inWords(bytes: number): string {
  return bytes < 2 ** 29 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
