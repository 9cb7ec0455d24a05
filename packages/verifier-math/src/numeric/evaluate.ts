// The numeric value of a scalar tree at a point. One evaluator serves both arithmetics. Powers with rational exponents,
// factorials and bounds are decided exactly first.
import { exactValue, Undefined, undefinedValue } from '../exact/evaluate.ts';
import { greatestCommonDivisor, type Rational } from '../exact/rational.ts';
import { LimitReached, type Work } from '../limits.ts';
import { integer, type Node, type NodeOf } from '../tree/nodes.ts';
import { substitute } from '../tree/walk.ts';
import type { Complex, ComplexArithmetic } from './complex.ts';
import { unaryFunction } from './functions.ts';

/** Rational values of the variables. */
export type Point = ReadonlyMap<string, Rational>;

/** What no evaluation can give a value: a matrix, an integral without closed form, infinity. */
export class Unsupported extends Error {}

/** @throws Undefined outside the domain; Imprecise, LimitReached, Unsupported. */
export function evaluate<R>(node: Node, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  work.spend(4);
  const value = (child: Node): Complex<R> => evaluate(child, field, point, work);
  switch (node.kind) {
    case 'number':
      return field.fromRational(node.value);
    case 'variable': {
      const assigned = point.get(node.name);
      if (assigned === undefined) throw new Unsupported(node.name);
      return field.fromRational(assigned);
    }
    case 'quantity':
      return field.multiply(value(node.value), field.fromRational(point.get(`unit ${node.unit}`)!));
    case 'constant':
      return constant(node.name, field);
    case 'negate':
      return field.negate(value(node.value));
    case 'percent':
      return field.divide(value(node.value), field.fromInteger(100n));
    case 'degrees':
      return field.multiply(value(node.value), field.divide(field.pi(), field.fromInteger(180n)));
    case 'add':
      return node.terms.map(value).reduce((a, b) => field.add(a, b));
    case 'multiply':
      return node.factors.map(value).reduce((a, b) => field.multiply(a, b));
    case 'divide':
      return field.divide(value(node.top), value(node.bottom));
    case 'power':
      return power(node.base, node.exponent, field, point, work);
    case 'root':
      return root(node, field, point, work);
    case 'call':
      return call(node, field, point, work);
    case 'apply':
      return application(node, field, point, work);
    case 'series':
      return series(node, field, point, work);
    case 'limit':
      return limit(node, field, point, work);
    default: {
      const exact = exactValue(node, work, point);
      if (exact) return field.fromRational(exact);
      throw new Unsupported(node.kind);
    }
  }
}

function constant<R>(name: string, field: ComplexArithmetic<R>): Complex<R> {
  if (name === 'pi') return field.pi();
  if (name === 'e') return field.exponential(field.one);
  if (name === 'i') return field.imaginaryUnit();
  throw new Unsupported(name);
}

function lowestTerms({ top, bottom }: Rational): Rational {
  const divisor = greatestCommonDivisor(top, bottom);
  return { top: top / divisor, bottom: bottom / divisor };
}

function power<R>(base: Node, exponent: Node, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  if (base.kind === 'constant' && base.name === 'e') return field.exponential(evaluate(exponent, field, point, work));
  const exact = exactValue(exponent, work, point);
  const value = evaluate(base, field, point, work);
  if (exact) {
    const terms = lowestTerms(exact);
    if (isSmall(terms)) return field.rationalPower(value, terms);
  }
  return field.power(value, evaluate(exponent, field, point, work));
}

function root<R>(node: NodeOf<'root'>, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  const index = exactValue(node.index, work, point);
  const radicand = evaluate(node.radicand, field, point, work);
  if (index === undefined) {
    return field.power(radicand, field.divide(field.one, evaluate(node.index, field, point, work)));
  }
  if (index.top === 0n) return undefinedValue();
  const { top, bottom } = lowestTerms(index);
  const exponent = top < 0n ? { top: -bottom, bottom: -top } : { top: bottom, bottom: top };
  return isSmall(exponent)
    ? field.rationalPower(radicand, exponent)
    : field.power(radicand, field.fromRational(exponent));
}

/** Exponents whose parity means something: roots and powers as people write them. */
function isSmall({ top, bottom }: Rational): boolean {
  return bottom <= 64n && top < 1_000_000n && top > -1_000_000n;
}

function call<R>(node: NodeOf<'call'>, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  const rule = unaryFunction(node.name);
  if (rule && node.args.length === 1) {
    work.spend(20);
    return rule(field, evaluate(node.args[0]!, field, point, work));
  }
  switch (node.name) {
    case 'logBase': {
      const [value, base] = node.args.map((argument) => field.logarithm(evaluate(argument, field, point, work)));
      return field.divide(value!, base!);
    }
    case 'max':
    case 'min': {
      const sign = node.name === 'max' ? 1 : -1;
      return node.args
        .map((argument) => evaluate(argument, field, point, work))
        .reduce((a, b) => (field.real.sign(field.subtract(a, b).re) * sign >= 0 ? a : b));
    }
    case 'mod': {
      const [a, b] = node.args.map((argument) => evaluate(argument, field, point, work));
      const quotient = field.real.floor(field.divide(a!, b!).re);
      return field.subtract(a!, field.multiply(b!, field.fromInteger(quotient)));
    }
    default: {
      const exact = exactValue(node, work, point);
      if (exact) return field.fromRational(exact);
      throw new Unsupported(node.name);
    }
  }
}

/** By substitution; where that gives no value, nothing is known. */
function limit<R>(node: NodeOf<'limit'>, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  try {
    return evaluate(substitute(node.body, node.variable, node.at), field, point, work);
  } catch (error) {
    if (error instanceof Undefined) throw new Unsupported('a limit that is no substitution');
    throw error;
  }
}

/** An unknown function: some smooth function of its arguments, the same wherever its name stands. */
function application<R>(node: NodeOf<'apply'>, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  let sum = field.fromInteger(BigInt(node.args.length));
  node.args.forEach((argument, index) => {
    const weight = field.fromRational({ top: BigInt(hash(`${node.name} ${index}`) % 97) + 11n, bottom: 53n });
    sum = field.add(sum, field.multiply(weight, evaluate(argument, field, point, work)));
  });
  const [cosine] = field.cosineSine(sum);
  return field.add(
    cosine,
    field.multiply(sum, field.fromRational({ top: BigInt(hash(node.name) % 89) + 7n, bottom: 31n })),
  );
}

export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value ^= value >>> 15;
  return Math.imul(value, 0x2c1b3c6d) >>> 0;
}

const INFINITE_TERMS = 800;

function series<R>(node: NodeOf<'series'>, field: ComplexArithmetic<R>, point: Point, work: Work): Complex<R> {
  const from = exactValue(node.from, work, point);
  const endless = node.to.kind === 'constant' && node.to.name === 'infinity';
  const to = endless ? undefined : exactValue(node.to, work, point);
  if (from?.bottom !== 1n || (!endless && to?.bottom !== 1n)) throw new Unsupported('bounds');
  const sum = node.operation === 'sum';
  let result = field.fromInteger(sum ? 0n : 1n);
  if (endless) {
    if (!sum) throw new Unsupported('an endless product');
    return endlessSum(node, from.top, result, field, point, work);
  }
  if (to!.top - from.top >= BigInt(work.limits.terms)) throw new LimitReached('terms');
  for (let index = from.top; index <= to!.top; index++) {
    const term = evaluate(substitute(node.body, node.index, integer(index)), field, point, work);
    result = sum ? field.add(result, term) : field.multiply(result, term);
  }
  return result;
}

/** Sums terms that have come to shrink by a quarter or more, until they vanish at the working precision. */
function endlessSum<R>(
  node: NodeOf<'series'>,
  from: bigint,
  start: Complex<R>,
  field: ComplexArithmetic<R>,
  point: Point,
  work: Work,
): Complex<R> {
  let result = start;
  let previous: Complex<R> | undefined;
  // No power of two: terms must not meet it exactly.
  const tiny = field.fromRational({ top: 7n, bottom: 5n << 300n });
  const [three, four] = [field.fromInteger(3n), field.fromInteger(4n)];
  for (let step = 0; step < INFINITE_TERMS; step++) {
    const term = evaluate(substitute(node.body, node.index, integer(from + BigInt(step))), field, point, work);
    result = field.add(result, term);
    const size = field.modulus(term);
    if (previous && field.real.sign(field.subtract(size, tiny).re) < 0) {
      const quarter = field.subtract(field.multiply(three, previous), field.multiply(four, size));
      const shrinking = field.real.sign(quarter.re) >= 0;
      if (shrinking || field.real.sign(size.re) === 0) return result;
    }
    previous = size;
  }
  throw new Unsupported('a slowly converging sum');
}
