// The command line of a worker: as few rights as Node's permission flags and the kernel's limits can leave.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Entry, entryFile, PACKAGE_FOLDER } from '../package-folder.ts';
import type { WorkerOptions } from '../worker/main.ts';

/**
 * Data segment of a worker (Linux), in KiB. Most of it is reserved, not used: V8 takes 600 MB for each isolate, and a worker of
 * Python has three of them with two interpreters each.
 */
export const DATA_LIMIT_KB = { python: 6 << 20, javascript: 3 << 20 };

/** Whether this system has the kernel's limit. */
export const HAS_DATA_LIMIT = process.platform === 'linux' && existsSync('/bin/sh');

/** Of a process that runs an entry under the walls of a worker. The environment is the caller's to empty. */
export function workerCommand(entry: Entry, options: WorkerOptions): string[] {
  const flags = ['--no-node-snapshot', '--no-warnings', '--permission', '--allow-addons'];
  const readable = [PACKAGE_FOLDER, ...dependencyFolders(), '/etc/alpine-release'];
  if (options.imageFile !== null) readable.push(path.dirname(options.imageFile));
  const command = [
    process.execPath,
    ...flags,
    ...readable.map((folder) => `--allow-fs-read=${folder}`),
    entryFile(entry),
    JSON.stringify(options),
  ];
  const dataLimit = options.imageFile === null ? DATA_LIMIT_KB.javascript : DATA_LIMIT_KB.python;
  return HAS_DATA_LIMIT
    ? ['/bin/sh', '-c', `ulimit -d ${dataLimit}; ulimit -c 0; exec "$0" "$@"`, ...command]
    : command;
}

/** The node_modules folders that hold what a worker loads. */
function dependencyFolders(): string[] {
  const require = createRequire(path.join(PACKAGE_FOLDER, 'package.json'));
  const folders = ['isolated-vm', 'sucrase'].map((name) => {
    const file = require.resolve(name);
    return file.slice(0, file.lastIndexOf(`${path.sep}node_modules${path.sep}`) + `${path.sep}node_modules`.length);
  });
  return [...new Set(folders)];
}
