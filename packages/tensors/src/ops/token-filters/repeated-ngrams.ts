// Which tokens would repeat an n-gram of what was said: the last n - 1 tokens are compared with every earlier place. Paulus et al.
// 2017, section 2.5, https://arxiv.org/abs/1705.04304.

/**
 * Tokens that would complete an n-gram which `ids` holds already.
 * @param ids prompt and completion
 * @param size n, at least 1: with 1 no token comes twice
 */
export function repeatedNgrams(ids: ArrayLike<number>, size: number): Set<number> {
  const repeated = new Set<number>();
  const prefix = ids.length - (size - 1);
  for (let start = 0; start < prefix; start++) {
    let length = 0;
    while (length < size - 1 && ids[start + length] === ids[prefix + length]) length++;
    if (length === size - 1) repeated.add(ids[start + size - 1]!);
  }
  return repeated;
}
