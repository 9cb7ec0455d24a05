// How the cost of a token grows with the context: decoding one sequence at 256 to 2,048 tokens, and training on 2,048 tokens as one, two,
// four or eight sequences. For each length the wall time a token, the CPU time of the stream's thread in kernels (which leaves out
// waiting for a core), and how much of it is attention: the rest should not depend on the length. Prints one JSON line.
import { parseArgs } from 'node:util';
import { profileReport, setProfiling } from '@thinkwright/kernels';
import { createEngine, loadModel, tokenLogProbsOf } from '@thinkwright/models';
import { collectTrajectories } from '@thinkwright/rollouts';
import { computeGradients, tf, useDevice } from '@thinkwright/tensors';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    lengths: { type: 'string', default: '256,512,1024,2048' },
    decoded: { type: 'string', default: '32' },
  },
});
if (values.model === undefined) throw new Error('growth.ts needs --model DIR or FILE');
const lengths = values.lengths.split(',').map(Number);
const decoded = Number(values.decoded);
const trained = Math.max(...lengths);

await useDevice('native');
const model = await loadModel(values.model);
const idsOf = (length: number) => Int32Array.from({ length }, (_, i) => 1000 + ((i * 37) % 20000));

interface Growth {
  /** Of one token, in milliseconds. */
  wall: number;
  attention: number;
  rest: number;
}

/** Per token of `tokens`. */
function growthOf(seconds: number, tokens: number): Growth {
  const kernels = profileReport({ reset: true });
  const milliseconds = (isAttention: boolean) =>
    kernels
      .filter(({ kernel }) => /attention/i.test(kernel) === isAttention)
      .reduce((sum, { cpuMilliseconds }) => sum + cpuMilliseconds, 0) / tokens;
  return { wall: (1000 * seconds) / tokens, attention: milliseconds(true), rest: milliseconds(false) };
}

/** The last `decoded` tokens of a context of `length`; the first of them, which waits for the prefill, is not counted. */
async function decodeAt(length: number): Promise<Growth> {
  const sampling = { temperature: 0, maxTokens: decoded + 1, stopIds: [], seed: 1 };
  let start = 0;
  let tokens = 0;
  const onTokens = () => {
    if (tokens++ > 0) return;
    profileReport({ reset: true });
    start = performance.now();
  };
  const promptIds = idsOf(length - decoded - 1);
  await collectTrajectories(
    createEngine(model, { maxBatch: 1 }),
    [{ promptIds, samples: 1, sampling, key: 'growth' }],
    {
      onTokens,
    },
  );
  return growthOf((performance.now() - start) / 1000, decoded);
}

async function trainAt(length: number): Promise<Growth> {
  const sequences = Array.from({ length: trained / length }, () => ({ ids: idsOf(length), from: 1 }));
  profileReport({ reset: true });
  const start = performance.now();
  const { loss, gradients } = computeGradients(
    () => tf.neg(tf.mean(tokenLogProbsOf(model, sequences).logProbs)) as tf.Scalar,
    model.parameters(),
  );
  await loss.data();
  tf.dispose([loss, ...gradients.values()]);
  profileReport();
  return growthOf((performance.now() - start) / 1000, trained);
}

const shortest = lengths[0]!;
await decodeAt(shortest);
setProfiling(true);
const decode: Record<string, Growth> = {};
for (const length of lengths) decode[length] = await decodeAt(length);
const training: Record<string, Growth> = {};
await trainAt(shortest);
for (const length of lengths) training[length] = await trainAt(length);
console.log(JSON.stringify({ lengths, decode, training }));
