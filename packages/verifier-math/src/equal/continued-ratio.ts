// 1 : 2 : 3 is 2 : 4 : 6. Ratios of two terms are quotients and need no rule of their own.
import { multiply, type Node, type NodeOf } from '../tree/nodes.ts';
import { type Comparison, type Decision, differentBy, every } from './decision.ts';
import { equalScalars } from './scalar.ts';

export const isContinuedRatio = (node: Node): node is NodeOf<'apply'> => node.kind === 'apply' && node.name === 'ratio';

/** Every pair of terms in the same proportion as the first. */
export function equalContinuedRatios(
  gold: NodeOf<'apply'>,
  prediction: NodeOf<'apply'>,
  comparison: Comparison,
): Decision {
  if (gold.args.length !== prediction.args.length) return differentBy('length');
  const [a, b] = [gold.args[0]!, prediction.args[0]!];
  const crosswise = (index: number): Decision =>
    equalScalars(multiply(gold.args[index]!, b), multiply(prediction.args[index]!, a), comparison);
  return every(
    gold.args.slice(1).map((_, index) => crosswise(index + 1)),
    'ratio',
  );
}
