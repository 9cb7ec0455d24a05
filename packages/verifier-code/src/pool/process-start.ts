// Whether a process is alive, in a form that a reused process id does not fool: its start, in clock ticks after boot on Linux.
import { readFileSync } from 'node:fs';

/** Null when there is no such process. */
export function processStart(pid: number): string | null {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return 'alive';
    // proc(5): the 22nd field; the second, a name in parentheses, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[19]!;
  } catch {
    return null;
  }
}
