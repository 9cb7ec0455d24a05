// Our side of the decode and prefill benchmarks. Decode: greedy tokens a second over all sequences, from two generations of
// different length on the same prompt, so that prefill and fixed costs cancel. Prefill: a 512-token prompt and its first token.
// JavaScript's share: CPU time of its thread over the wall time of the steps between the two. Prints one JSON line.
import { parseArgs } from 'node:util';
import { createEngine, loadModel, type Storage } from '@thinkwright/models';
import { collectTrajectories } from '@thinkwright/rollouts';
import { type Numerics, useDevice } from '@thinkwright/tensors';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '1,8,64' },
    storage: { type: 'string', default: 'float32' },
    numerics: { type: 'string', default: 'exact' },
    prefill: { type: 'string', default: '' },
    runs: { type: 'string', default: '1' },
  },
});
if (values.model === undefined) throw new Error('decode.ts needs --model DIR or FILE');
const contextTokens = 64;
const [short, long] = [16, 80];
const runs = Number(values.runs);

const device = await useDevice('auto');
const model = await loadModel(values.model, {
  storage: values.storage as Storage,
  numerics: values.numerics as Numerics,
});
const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!;
const listed = (text: string) => text.split(',').filter(Boolean).map(Number);

interface Cost {
  seconds: number;
  /** CPU time of the thread that runs JavaScript; zero where Node cannot tell. */
  javascript: number;
}

function javascriptSeconds(): number {
  const { user, system } = process.threadCpuUsage?.() ?? { user: 0, system: 0 };
  return (user + system) / 1e6;
}

async function timed(maxBatch: number, promptTokens: number, maxTokens: number): Promise<Cost> {
  const engine = createEngine(model, { maxBatch });
  const promptIds = Int32Array.from({ length: promptTokens }, (_, i) => 1000 + ((i * 37) % 20000));
  const sampling = { temperature: 0, maxTokens, stopIds: [], seed: 1 };
  const [start, before] = [performance.now(), javascriptSeconds()];
  await collectTrajectories(engine, [{ promptIds, samples: maxBatch, sampling, key: 'bench' }]);
  const cost = { seconds: (performance.now() - start) / 1000, javascript: javascriptSeconds() - before };
  await engine.close();
  return cost;
}

const tokensPerSecond: Record<string, number> = {};
const javascriptShare: Record<string, number> = {};
for (const batch of listed(values.batch)) {
  await timed(batch, contextTokens, 4);
  const rates: number[] = [];
  const shares: number[] = [];
  for (let run = 0; run < runs; run++) {
    const less = await timed(batch, contextTokens, short);
    const more = await timed(batch, contextTokens, long);
    const seconds = more.seconds - less.seconds;
    rates.push((batch * (long - short)) / seconds);
    shares.push((more.javascript - less.javascript) / seconds);
  }
  tokensPerSecond[batch] = median(rates);
  javascriptShare[batch] = median(shares);
}
const prefillTokensPerSecond: Record<string, number> = {};
for (const length of listed(values.prefill)) {
  await timed(1, length, 1);
  const rates: number[] = [];
  for (let run = 0; run < Math.max(3, runs); run++) rates.push(length / (await timed(1, length, 1)).seconds);
  prefillTokensPerSecond[length] = median(rates);
}
const peakGigabytes = (process.resourceUsage().maxRSS * 1024) / 1e9;
console.log(
  JSON.stringify({
    device: device.name,
    storage: values.storage,
    numerics: values.numerics,
    tokensPerSecond,
    javascriptShare,
    prefillTokensPerSecond,
    peakGigabytes,
  }),
);
