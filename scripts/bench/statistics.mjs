/** Middle value of a non-empty list. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** [least, greatest], or undefined of an empty list. */
export function spread(values) {
  return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}

/** The rounds of one row as medians, spreads and the ratio (above 1: ours is better); without a peer there is no ratio. */
export function summarizeRow({ name, unit, ours, peer, lowerIsBetter = false }) {
  const mine = median(ours);
  const theirs = peer.length > 0 ? median(peer) : undefined;
  const ratio = theirs === undefined ? undefined : lowerIsBetter ? theirs / mine : mine / theirs;
  const spreads = { oursSpread: spread(ours), peerSpread: spread(peer) };
  return { name, ours: mine, peer: theirs, ratio, unit, ...spreads, rounds: ours.length };
}
