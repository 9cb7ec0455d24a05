// Identity of rational expressions by evaluation modulo primes (Schwartz-Zippel): exact arithmetic without expanding
// anything. Parts that are no rational functions (roots, sines, pi) become independent unknowns named by their spelling:
// an identity that holds for them as unknowns holds for them as values.
import type { Work } from '../limits.ts';
import type { Node } from '../tree/nodes.ts';
import { print } from '../tree/print.ts';
import { exactValue } from './evaluate.ts';

/** The two largest primes below 2^61 that are 1 modulo 4, and a square root of -1 for each: i evaluates too. */
const PRIMES: readonly (readonly [prime: bigint, imaginary: bigint])[] = [
  [2305843009213693921n, 583529827753931384n],
  [2305843009213693693n, 966685122347009555n],
];

export interface Field {
  prime: bigint;
  /** A square root of -1. */
  imaginary: bigint;
  seed: bigint;
}

const FIELDS: Field[] = PRIMES.flatMap(([prime, imaginary]) =>
  [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn].map((seed) => ({ prime, imaginary, seed })),
);

/** Thrown when the point meets a zero denominator. */
class Pole extends Error {}
const POLE = new Pole('a zero denominator');

export type Identity =
  | 'equal'
  /** Different, and nothing in them was treated as an unknown: decided. */
  | 'different'
  /** Different as expressions in their unknown parts, whose values may still agree. */
  | 'open';

/** Compares two scalar trees. Equality errs with a probability below 2^-90 for the degrees that the limits allow. */
export function identical(left: Node, right: Node, work: Work): Identity {
  let opaque = false;
  let compared = 0;
  for (const field of FIELDS) {
    const evaluation = new ModularEvaluation(field, work);
    try {
      const same = evaluation.value(left) === evaluation.value(right);
      opaque ||= evaluation.opaque;
      if (!same) return opaque ? 'open' : 'different';
      compared++;
    } catch (error) {
      if (!(error instanceof Pole)) throw error;
    }
  }
  return compared >= 2 ? 'equal' : 'open';
}

/** Evaluates trees at one pseudo-random point of one prime field; points depend on names only. */
export class ModularEvaluation {
  /** Some part was taken for an unknown. */
  opaque = false;
  private readonly field: Field;
  private readonly work: Work;

  constructor(field: Field, work: Work) {
    this.field = field;
    this.work = work;
  }

  value(node: Node): bigint {
    this.work.spend();
    const { prime } = this.field;
    switch (node.kind) {
      case 'number':
        return this.divide(modulo(node.value.top, prime), modulo(node.value.bottom, prime));
      case 'variable':
        return this.unknown(node.name);
      case 'quantity':
        return (this.value(node.value) * this.unknown(`unit ${node.unit}`)) % prime;
      case 'constant':
        if (node.name === 'i') return this.field.imaginary;
        this.opaque ||= node.name !== 'pi' && node.name !== 'e';
        return this.unknown(`constant ${node.name}`);
      case 'negate':
        return modulo(-this.value(node.value), prime);
      case 'percent':
        return this.divide(this.value(node.value), 100n);
      case 'add': {
        let sum = 0n;
        for (const term of node.terms) sum += this.value(term);
        return sum % prime;
      }
      case 'multiply': {
        let product = 1n;
        for (const factor of node.factors) product = (product * this.value(factor)) % prime;
        return product;
      }
      case 'divide':
        return this.divide(this.value(node.top), this.value(node.bottom));
      case 'power': {
        const exponent = exactValue(node.exponent, this.work);
        if (exponent?.bottom !== 1n) return this.atom(node);
        return this.power(this.value(node.base), exponent.top);
      }
      default: {
        const exact = node.kind === 'matrix' ? undefined : exactValue(node, this.work);
        return exact ? this.divide(modulo(exact.top, prime), modulo(exact.bottom, prime)) : this.atom(node);
      }
    }
  }

  private atom(node: Node): bigint {
    this.opaque = true;
    return this.unknown(`atom ${print(node)}`);
  }

  private unknown(name: string): bigint {
    let hash = 0xcbf29ce484222325n ^ this.field.seed;
    for (let at = 0; at < name.length; at++) {
      hash = ((hash ^ BigInt(name.charCodeAt(at))) * 0x100000001b3n) & 0xffffffffffffffffn;
    }
    hash ^= hash >> 29n;
    hash = (hash * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
    return (hash ^ (hash >> 32n)) % this.field.prime;
  }

  private divide(top: bigint, bottom: bigint): bigint {
    if (bottom === 1n) return top;
    if (bottom === 0n) throw POLE;
    return (top * modularPower(bottom, this.field.prime - 2n, this.field.prime)) % this.field.prime;
  }

  private power(base: bigint, exponent: bigint): bigint {
    this.work.spend(8);
    const { prime } = this.field;
    if (exponent >= 0n) {
      if (base === 0n && exponent === 0n) throw POLE;
      return modularPower(base, base === 0n ? exponent : exponent % (prime - 1n), prime);
    }
    return this.divide(1n, this.power(base, -exponent));
  }
}

/** One evaluation a field, for callers that compare ratios. */
export function evaluations(work: Work): ModularEvaluation[] {
  return FIELDS.map((field) => new ModularEvaluation(field, work));
}

export const isPole = (error: unknown): boolean => error instanceof Pole;
/** The prime of the evaluation with this number. */
export const primeOf = (index: number): bigint => FIELDS[index]!.prime;

const modulo = (value: bigint, prime: bigint): bigint => {
  const remainder = value % prime;
  return remainder < 0n ? remainder + prime : remainder;
};

function modularPower(base: bigint, exponent: bigint, prime: bigint): bigint {
  let result = 1n;
  let square = base % prime;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}
