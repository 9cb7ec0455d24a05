// Memory of the machine as a program may use it.
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

/** Bytes that can be had now: Linux's own estimate, which counts caches that can be given back; elsewhere, what is free. */
export function availableMemory(): number {
  try {
    const match = /MemAvailable:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8'));
    if (match) return Number(match[1]) * 1024;
  } catch {
    // not Linux
  }
  return freemem();
}

export const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
