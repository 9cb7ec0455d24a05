// A folder that cannot be written is found before the first step, not at the first checkpoint after hours. Makes nothing.

import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { TrainerError } from '../errors.ts';

/** @throws TrainerError OUTPUT_FOLDER when checkpoints could not be made in `outputDir` (which need not be there yet). */
export async function requireOutputFolder(outputDir: string): Promise<void> {
  const folder = await nearestParent(resolve(outputDir));
  if (!(await stat(folder)).isDirectory()) {
    throw refused(outputDir, `${folder} is a file, not a folder. Choose another outputDir.`);
  }
  await access(folder, constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw refused(
      outputDir,
      `${folder} may not be written (${error.code}). Change its permissions, or outputDir.`,
      error,
    );
  });
}

/** `folder`, or what is there of the path to it. */
async function nearestParent(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code === 'ENOENT' || code === 'ENOTDIR') && dirname(folder) !== folder) return nearestParent(dirname(folder));
    throw refused(folder, `it cannot be read (${code}). Change the permissions, or outputDir.`, error);
  }
}

function refused(outputDir: string, why: string, cause?: unknown): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_OUTPUT_FOLDER',
    `Nothing was trained. Checkpoints could not be saved in outputDir ${outputDir}: ${why}`,
    { cause },
  );
}
