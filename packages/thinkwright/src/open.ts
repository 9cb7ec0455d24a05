// A device and a model for commands that answer: with progress on stderr while it loads. The weights stay in the bits of the file.

import type { ModelOptions } from '@thinkwright/models';
import type { OpenedModel } from '@thinkwright/recipes/stages';
import type { Output } from './output.ts';

export interface OpenOptions extends ModelOptions {
  device?: string;
  threads?: number;
  signal?: AbortSignal;
}

export interface OpenedForAnswers extends OpenedModel {
  device: { name: string; description: string };
}

export async function openForAnswers(
  idOrPath: string,
  output: Output,
  { device: wanted = 'auto', threads, signal, storage = 'native', numerics, keyValueCache }: OpenOptions,
): Promise<OpenedForAnswers> {
  const [{ useDevice }, { openModel }] = await Promise.all([
    import('@thinkwright/tensors'),
    import('@thinkwright/recipes/stages'),
  ]);
  const { name, description } = await useDevice(wanted, { threads, signal });
  const line = progressLine(output);
  try {
    const opened = await openModel(idOrPath, {
      signal,
      storage,
      numerics,
      keyValueCache,
      onProgress(progress) {
        if (progress.phase === 'download')
          line.show(
            `downloading ${progress.file} ${megabytes(progress.loadedBytes)}${progress.totalBytes ? ` of ${megabytes(progress.totalBytes)}` : ''}`,
          );
        else line.show(`loading weights ${progress.loadedTensors} of ${progress.totalTensors}`);
      },
    });
    return { ...opened, device: { name, description } };
  } finally {
    line.clear();
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

/** One line on stderr that is rewritten; nothing at all when stderr is no terminal. */
export function progressLine(output: Output): ProgressLine {
  const { stderr } = process;
  const live = stderr.isTTY === true && !output.quiet;
  let shownAt = 0;
  return {
    show(text) {
      if (!live || performance.now() - shownAt < 80) return;
      shownAt = performance.now();
      stderr.write(`\r\u001b[K${output.colors.dim(text.slice(0, (stderr.columns ?? 80) - 1))}`);
    },
    clear() {
      if (live && shownAt > 0) stderr.write('\r\u001b[K');
    },
  };
}
