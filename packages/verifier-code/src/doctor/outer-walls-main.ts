// A process under the walls of a worker that tries to get through them, for the proof that they stand. Prints what it could do.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface OuterWalls {
  read: boolean;
  written: boolean;
  started: boolean;
  environment: number;
  /** What could be reserved, up to the most that is tried. */
  reservedMb: number;
}

const MOST_MB = 12_288;
const STEP_MB = 512;

const walls: OuterWalls = {
  read: succeeds(() => readFileSync(process.platform === 'win32' ? 'C:\\Windows\\win.ini' : '/etc/hosts')),
  written: succeeds(() => writeFileSync(path.join(os.tmpdir(), `thinkwright-wall-${process.pid}`), 'x')),
  started: succeeds(() => {
    const { error } = spawnSync(process.execPath, ['--version']);
    if (error) throw error;
  }),
  environment: Object.keys(process.env).length,
  reservedMb: reserve(),
};
process.stdout.write(`${JSON.stringify(walls)}\n`);

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** Memory is reserved and never touched: the kernel's limit counts it all the same. */
function reserve(): number {
  const kept: Buffer[] = [];
  try {
    while (kept.length * STEP_MB < MOST_MB) kept.push(Buffer.allocUnsafeSlow(STEP_MB * 2 ** 20));
  } catch {
    // The wall.
  }
  return kept.length * STEP_MB;
}
