// The walls around a worker process that Node and the kernel make: attacked from inside, by a process under the same ones.
import { execFile } from 'node:child_process';
import { PACKAGE_FOLDER } from '../package-folder.ts';
import { DATA_LIMIT_KB, HAS_DATA_LIMIT, workerCommand } from '../pool/worker-command.ts';
import type { Finding } from './finding.ts';
import type { OuterWalls } from './outer-walls-main.ts';

export async function systemLayers(): Promise<Finding[]> {
  const unproven: Finding[] = [
    process.platform === 'win32'
      ? { layer: 'resident size watched', state: 'missing', detail: 'not on Windows: only time limits end a worker' }
      : {
          layer: 'resident size watched',
          state: 'holds',
          detail: `from ${process.platform === 'linux' ? '/proc' : 'ps'}`,
        },
    {
      layer: 'network namespace',
      state: 'missing',
      detail: 'workers have no code that opens sockets; run them in a namespace for one layer more',
    },
  ];
  try {
    return [...findingsOf(await attackWalls()), ...unproven];
  } catch (error) {
    return [{ layer: 'worker flags', state: 'broken', detail: (error as Error).message }, ...unproven];
  }
}

function findingsOf({ read, written, started, environment, reservedMb }: OuterWalls): Finding[] {
  const wall = (layer: string, broken: boolean, detail: string): Finding => {
    return { layer, state: broken ? 'broken' : 'holds', detail };
  };
  const limitMb = DATA_LIMIT_KB.javascript / 1024;
  return [
    wall('worker: reads no other files', read, read ? 'it read a file of the system' : 'refused by Node'),
    wall('worker: writes no files', written, written ? 'it wrote a file' : 'refused by Node'),
    wall('worker: starts no processes', started, started ? 'it started one' : 'refused by Node'),
    // The shell that sets the limit leaves a few variables of its own.
    wall('worker: empty environment', environment > 4, `${environment} variables, none of the parent's`),
    HAS_DATA_LIMIT
      ? wall(
          'kernel memory limit',
          reservedMb >= limitMb,
          `${reservedMb} MiB could be had of ${limitMb} (6,144 with Python)`,
        )
      : {
          layer: 'kernel memory limit',
          state: 'missing',
          detail: `not on ${process.platform}: the watchdog alone bounds uncounted memory`,
        },
  ];
}

function attackWalls(): Promise<OuterWalls> {
  const [file, ...args] = workerCommand('doctor/outer-walls-main', { imageFile: null });
  return new Promise((resolve, reject) => {
    execFile(file!, args, { env: {}, cwd: PACKAGE_FOLDER }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr.trim() || error?.message));
      else resolve(JSON.parse(stdout) as OuterWalls);
    });
  });
}
