// How long Ctrl-C could stay unanswered: the longest time between two turns of the event loop while a model generates and trains. A
// signal is handled in the next turn. Prints one JSON line, in milliseconds.
//   node --conditions=@thinkwright/source scripts/bench/responsiveness.ts --model DIR [--batch 64] [--tokens 1024]
import { parseArgs } from 'node:util';
import { createEngine, loadModel, tokenLogProbsOf } from '@thinkwright/models';
import { collectTrajectories } from '@thinkwright/rollouts';
import { computeGradients, createAdamW, tf, useDevice } from '@thinkwright/tensors';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '1024' },
  },
});
if (values.model === undefined) throw new Error('responsiveness.ts needs --model DIR or FILE');

interface Gaps {
  seconds: number;
  turns: number;
  longestMilliseconds: number;
}

/** Watches a timer of 1 ms while `work` runs. */
async function gapsDuring(work: () => Promise<unknown>): Promise<Gaps> {
  const start = performance.now();
  let [last, longest, turns] = [start, 0, 0];
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    turns++;
  };
  const timer = setInterval(turn, 1);
  await work();
  turn();
  clearInterval(timer);
  return { seconds: (performance.now() - start) / 1000, turns, longestMilliseconds: longest };
}

await useDevice('auto');
const model = await loadModel(values.model);
const optimizer = createAdamW(model.parameters());
const ids = (length: number) => Int32Array.from({ length }, (_, i) => 1000 + ((i * 37) % 20000));

const generate = async () => {
  const sampling = { temperature: 1, maxTokens: 48, stopIds: [], seed: 1 };
  const request = { promptIds: ids(700), samples: Number(values.batch), sampling, key: 'responsiveness' };
  await collectTrajectories(createEngine(model), [request]);
};
const train = async () => {
  const sequences = [{ ids: ids(Number(values.tokens)), from: 1 }];
  const { loss, gradients } = computeGradients(
    () => tf.neg(tf.mean(tokenLogProbsOf(model, sequences).logProbs)) as tf.Scalar,
    model.parameters(),
  );
  optimizer.update(gradients, 1e-6);
  await loss.data();
  const [first] = model.namedTensors().values();
  await first!.data(); // after the update
  tf.dispose([loss, ...gradients.values()]);
};
await train(); // touches the memory
console.log(JSON.stringify({ generate: await gapsDuring(generate), train: await gapsDuring(train) }));
process.exit();
