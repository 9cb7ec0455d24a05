// How many tokens the micro-batches to come have: those of the first window, and those of a second, bounded pass over the dataset in the order of
// training. A caller's stream is not read ahead: its rows belong to training.

import type { Dataset, RowStream } from '@thinkwright/datasets';

/** What has been seen of a dataset when it is enough. */
const MOST_ITEMS = 256;
const MOST_TOKENS = 2 ** 20;
const ITEMS_AT_ONCE = 16;

export interface ItemsToCome<Row, Item> {
  dataset: Dataset<Row> | undefined;
  order: { seed: number; shuffle: boolean };
  /** The items of a stream, as training makes them. */
  open(rows: RowStream<Row>): { take(count: number): Promise<readonly Item[]> };
  tokensOf(item: Item): number;
}

/** Tokens of the heaviest micro-batch, cut from the window and from the rows to come as training cuts them. */
export async function plannedTokens<Row, Item>(
  toCome: ItemsToCome<Row, Item>,
  window: readonly Item[],
  perDeviceTrainBatchSize: number,
): Promise<number> {
  const heaviest = (tokens: readonly number[]) => {
    let most = 0;
    for (let start = 0; start < tokens.length; start += perDeviceTrainBatchSize) {
      const batch = tokens.slice(start, start + perDeviceTrainBatchSize);
      most = Math.max(
        most,
        batch.reduce((sum, own) => sum + own, 0),
      );
    }
    return most;
  };
  return Math.max(heaviest(window.map(toCome.tokensOf)), heaviest(await tokensToCome(toCome)));
}

/** Tokens of up to 256 items, none without a dataset. A row that cannot be read ends them: training says so when it gets there. */
export async function tokensToCome<Row, Item>({
  dataset,
  order,
  open,
  tokensOf,
}: ItemsToCome<Row, Item>): Promise<number[]> {
  if (dataset === undefined) return [];
  const found: number[] = [];
  let sum = 0;
  try {
    const source = open(dataset.stream(dataset.size === undefined ? { seed: order.seed } : { ...order, epochs: 1 }));
    while (found.length < MOST_ITEMS && sum < MOST_TOKENS) {
      const items = await source.take(ITEMS_AT_ONCE);
      for (const item of items) found.push(tokensOf(item));
      sum = found.reduce((total, tokens) => total + tokens, 0);
      if (items.length < ITEMS_AT_ONCE) break;
    }
  } catch {
    // the run may well end before that row
  }
  return found;
}

/** Tokens of a micro-batch of completions: the longest prompt of the rows to come, each answered at length. */
export async function plannedCompletionTokens<Row>(
  prompts: Omit<ItemsToCome<Row, { ids: { length: number } }>, 'tokensOf'>,
  { sequences, completion, prompt }: { sequences: number; completion: number; prompt: number | null },
): Promise<number> {
  const seen = await tokensToCome({ ...prompts, tokensOf: ({ ids }) => ids.length });
  const longest = prompts.dataset === undefined ? (prompt ?? 0) : Math.max(0, ...seen);
  return sequences * (longest + completion);
}
