// A synthetic preference set with a rule that holds on problems never seen: last-digit chains, in which the preferred completion works through
// every operation and answers right, and the other either skips operations in its trace or ends with another answer (half each).

import { applyOperation, loadDataset, solveChain } from '@thinkwright/datasets';
import { hashKey, uniform } from '@thinkwright/tensors';

export interface ChainPreference extends Record<string, unknown> {
  prompt: { role: 'user'; content: string }[];
  mode: 'think';
  chosen: string;
  rejected: string;
}

/** Pairs of the training problems of a seed, or of the held-out problems, which training never draws. */
export async function chainPreferences(split: 'rl' | 'test', count: number, seed: number): Promise<ChainPreference[]> {
  const dataset = await loadDataset('last-digit-chains', { split, shortest: 3, longest: 5, limit: count });
  const stream = dataset.stream({ seed });
  const rows: ChainPreference[] = [];
  for (let i = 0; i < count; i++) {
    const expression = (await stream.next())!.expression as string;
    const right = solveChain(expression);
    const wrong = (right + 1 + Math.floor(9 * uniform(hashKey(expression), i))) % 10;
    const careful = trace(expression, 1);
    rows.push({
      prompt: [{ role: 'user', content: expression }],
      mode: 'think',
      chosen: completion(careful, right),
      rejected: i % 2 === 0 ? completion(trace(expression, 2), right) : completion(careful, wrong),
    });
  }
  return rows;
}

const completion = (thinking: string, answer: number) => `<think>${thinking}</think><answer>${answer}</answer>`;

/** `4+7=1*3=3-8=5` for a stride of 1; a stride of 2 writes the value after every other operation only. */
function trace(expression: string, stride: number): string {
  let value = Number(expression[0]);
  let text = expression[0]!;
  for (let i = 1; i < expression.length; i += 2) {
    value = applyOperation(value, expression[i]!, Number(expression[i + 1]));
    text += expression.slice(i, i + 2);
    const isLast = i + 2 >= expression.length;
    if (isLast || ((i + 1) / 2) % stride === 0) text += `=${value}`;
  }
  return text;
}
