// Draws without replacement, weighted, from given uniform numbers: the same numbers draw the same items.

/**
 * Removes up to `count` items from `items` and returns them.
 * @param uniformOf a number in [0, 1) for each draw.
 */
export function drawWeighted<Item>(
  items: Item[],
  count: number,
  weightOf: (item: Item) => number,
  uniformOf: (draw: number) => number,
): Item[] {
  const drawn: Item[] = [];
  while (drawn.length < count && items.length > 0) {
    const place = uniformOf(drawn.length) * items.reduce((sum, item) => sum + weightOf(item), 0);
    let index = 0;
    for (let reached = weightOf(items[0]!); reached <= place && index < items.length - 1; ) {
      index++;
      reached += weightOf(items[index]!);
    }
    drawn.push(...items.splice(index, 1));
  }
  return drawn;
}
