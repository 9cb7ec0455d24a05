// Ten thousand steps of a tiny model, all weights, with two calls of generate that overlap after every tenth: does anything grow? Prints
// live tensors, device memory in use and reserved (the arena), and resident memory every 1,000 steps; fails when tensors or device
// memory differ from what they were after the first 1,000. Takes half a minute of CPU time:
//   node --expose-gc --conditions=@thinkwright/source packages/models/scripts/memory-run.ts [steps]
import { createEngine, tokenLogProbsOf } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { collectTrajectories, type RolloutRequest } from '@thinkwright/rollouts';
import { computeGradients, createAdamW, currentDevice, memoryReport, tf, useDevice } from '@thinkwright/tensors';

const steps = Number(process.argv[2] ?? 10_000);
const every = Math.max(1, steps / 10);

await useDevice('auto', { threads: 1 });
const model = tinyModel({ seed: 1, vocabularySize: 64, hiddenSize: 32, intermediateSize: 64 });
const optimizer = createAdamW(model.parameters(), { weightDecay: 0.01 });
const engine = createEngine(model, { maxBatch: 8 });

const request = (key: string, samples: number, extra = {}): RolloutRequest => ({
  key,
  samples,
  promptIds: Int32Array.of(1, 5, 9),
  sampling: { temperature: 1, maxTokens: 16, stopIds: [2], seed: 1, ...extra },
});

/** Sequences of other lengths in every step, so that block sizes vary. */
async function trainStep(step: number): Promise<void> {
  const sequences = Array.from({ length: 4 }, (_, row) => ({
    ids: Int32Array.from({ length: 5 + ((7 * step + 3 * row) % 19) }, (_, i) => (i * i + step + row) % 64),
    from: 1,
  }));
  const { loss, gradients } = computeGradients(
    () => tf.neg(tf.mean(tokenLogProbsOf(model, sequences).logProbs)) as tf.Scalar,
    model.parameters(),
  );
  optimizer.update(gradients, 1e-3);
  model.weightVersion++;
  await loss.data();
  tf.dispose([loss, ...gradients.values()]);
}

function reading(): { liveTensors: number; bytesInUse: number; bytesReserved: number; residentMegabytes: number } {
  globalThis.gc?.();
  const { bytesInUse = 0, bytesReserved = 0 } = currentDevice().memory?.() ?? {};
  const residentMegabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
  return { liveTensors: memoryReport().liveTensors, bytesInUse, bytesReserved, residentMegabytes };
}

let first: ReturnType<typeof reading> | undefined;
for (let step = 1; step <= steps; step++) {
  await trainStep(step);
  if (step % 10 === 0)
    await Promise.all([
      collectTrajectories(engine, [request(`a${step}`, 6, { frequencyPenalty: 0.5 })]),
      collectTrajectories(engine, [request(`b${step}`, 4, { topP: 0.9 })]),
    ]);
  if (step % every !== 0) continue;
  const now = reading();
  console.log(`step ${String(step).padStart(6)}`, JSON.stringify(now));
  first ??= now;
  for (const name of ['liveTensors', 'bytesInUse'] as const)
    if (now[name] !== first[name]) {
      console.error(`${name} grew from ${first[name]} to ${now[name]}`);
      process.exitCode = 1;
    }
}
// The stream's thread would keep the process alive.
process.exit();
