// Log-probs of the frozen policy for the sequences of a batch: computed as they are needed, or once before training and then looked up by
// content, so that the reference's memory is free. What was computed is kept in a file beside the checkpoints, named after the
// reference's weights; a resumed or repeated run reads it. TRL `precompute_ref_log_probs`.

import { createHash } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@thinkwright/checkpoints';
import { type PackedBatch, packSequences } from '../batches/packed-batch.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import { scoreBatch } from '../rl/log-probs-of-rollouts.ts';
import type { ReferencePolicy } from '../rl/reference-policy.ts';

/** Log-probs [N] of the loss tokens of `packed`, which holds `sequences`. */
export type ReferenceScorer = (sequences: readonly TrainingSequence[], packed: PackedBatch) => Promise<Float32Array>;

export function liveScores(reference: ReferencePolicy): ReferenceScorer {
  return async (_, packed) => (await scoreBatch(reference.model, packed, { temperature: 1, ...reference })).logProbs;
}

/**
 * Computes what the file does not hold yet.
 * @param batches of all sequences that will be asked for. @param folder for the file; none: kept in memory only.
 */
export async function precomputedScores(
  reference: ReferencePolicy,
  batches: AsyncIterable<readonly TrainingSequence[]>,
  folder: string | undefined,
): Promise<ReferenceScorer> {
  const file = folder && join(folder, `reference-log-probs-${(await weightsHash(reference)).slice(0, 16)}.safetensors`);
  const known = file === undefined ? new Map<string, Float32Array>() : await readScores(file);
  const before = known.size;
  const score = liveScores(reference);
  for await (const batch of batches) {
    const missing = batch.filter((sequence) => !known.has(contentKey(sequence)));
    if (missing.length === 0) continue;
    const packed = packSequences(missing);
    const logProbs = await score(missing, packed);
    let offset = 0;
    for (const [i, sequence] of missing.entries()) {
      known.set(contentKey(sequence), logProbs.slice(offset, offset + packed.supervised[i]!));
      offset += packed.supervised[i]!;
    }
  }
  if (file !== undefined && known.size > before) await writeScores(file, known);
  return async (sequences, packed) => {
    const all = new Float32Array(packed.targets.length);
    let offset = 0;
    for (const sequence of sequences) {
      const logProbs = known.get(contentKey(sequence));
      if (logProbs === undefined) throw unknownSequence();
      all.set(logProbs, offset);
      offset += logProbs.length;
    }
    return all;
  };
}

function contentKey({ ids, mask }: TrainingSequence): string {
  return createHash('sha256').update(bytesOf(ids)).update(mask).digest('hex');
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function weightsHash({ model }: ReferencePolicy): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, tensor] of model.namedTensors()) {
    hash.update(name).update(bytesOf((await tensor.data()) as Float32Array));
  }
  return hash.digest('hex');
}

async function readScores(file: string): Promise<Map<string, Float32Array>> {
  const known = new Map<string, Float32Array>();
  if (!(await stat(file).catch(() => undefined))) return known;
  const saved = await openSafetensors(file);
  try {
    for (const key of saved.entries.keys()) known.set(key, await saved.readFloat32(key));
  } finally {
    await saved.close();
  }
  return known;
}

/** Whole or not at all. */
async function writeScores(file: string, known: ReadonlyMap<string, Float32Array>): Promise<void> {
  const tensors = [...known].map(([name, values]) => ({
    name,
    dtype: 'F32' as const,
    shape: [values.length],
    data: async () => values,
  }));
  await mkdir(join(file, '..'), { recursive: true });
  await writeSafetensors(`${file}.part`, tensors);
  await rename(`${file}.part`, file);
}

function unknownSequence(): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_ROW_INVALID',
    'precomputeRefLogProbs: the dataset gave a row in training that its first pass did not have. It must give the same rows on every pass; otherwise leave the option out.',
  );
}
