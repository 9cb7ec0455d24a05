// What rounding costs a model: perplexity of texts with its weights in float32, in each storage, and in each of the faster numerics,
// and how far log-probs of tokens move from those of the same storage in exact numerics.
//   node --conditions=@thinkwright/source scripts/bench/numerics.ts --model FILE --texts FILE.jsonl --field answer --count 64
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadTokenizer } from '@thinkwright/chat';
import { loadModel, type Storage, tokenLogProbsOf } from '@thinkwright/models';
import { type Numerics, tf, useDevice } from '@thinkwright/tensors';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    texts: { type: 'string' },
    field: { type: 'string', default: 'answer' },
    count: { type: 'string', default: '64' },
  },
});
if (!values.model || !values.texts) throw new Error('numerics.ts needs --model FILE and --texts FILE.jsonl');
await useDevice('native');
const tokenizer = await loadTokenizer(values.model);
const sequences = readFileSync(values.texts, 'utf8')
  .split('\n')
  .filter(Boolean)
  .slice(0, Number(values.count))
  .map((line) => ({ ids: Int32Array.from(tokenizer.encode(JSON.parse(line)[values.field])), from: 1 }));

async function logProbsIn(storage: Storage, numerics: Numerics): Promise<Float32Array> {
  const model = await loadModel(values.model!, { storage, numerics });
  const logProbs = tf.tidy(() => tokenLogProbsOf(model, sequences).logProbs);
  const found = (await logProbs.data()) as Float32Array;
  logProbs.dispose();
  model.dispose();
  return found;
}

const mean = (list: ArrayLike<number>) => Array.from(list).reduce((sum, value) => sum + value, 0) / list.length;
function report(storage: Storage, numerics: Numerics, logProbs: Float32Array, exact: Float32Array): void {
  const differences = logProbs.map((value, i) => Math.abs(value - exact[i]!));
  console.log(
    JSON.stringify({
      storage,
      numerics,
      tokens: logProbs.length,
      perplexity: Number(Math.exp(-mean(logProbs)).toFixed(4)),
      meanDifference: Number(mean(differences).toFixed(5)),
      largestDifference: Number(Math.max(...differences).toFixed(4)),
    }),
  );
}

for (const [storage, modes] of [
  ['float32', []],
  ['bfloat16', ['bf16']],
  ['q8_0', ['int8']],
  ['q4_1', ['int8']],
  ['q4_0', ['int8']],
] as [Storage, Numerics[]][]) {
  const exact = await logProbsIn(storage, 'exact');
  report(storage, 'exact', exact, exact);
  for (const numerics of modes) report(storage, numerics, await logProbsIn(storage, numerics), exact);
}
