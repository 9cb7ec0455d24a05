// The constants of the prime fields, checked against OpenSSL's primality test and by their definition.
import { checkPrimeSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { Work } from '../limits.ts';
import { parse } from '../parse.ts';
import { evaluations, identical, primeOf } from './identity.ts';

it('evaluates modulo the two largest primes below 2^61 that are 1 modulo 4', () => {
  const found: bigint[] = [];
  for (let candidate = (1n << 61n) - 3n; found.length < 2; candidate -= 4n) {
    if (checkPrimeSync(candidate, { checks: 30 })) found.push(candidate);
  }
  expect([primeOf(0), primeOf(2)]).toEqual(found);
});

it('has a square root of -1 in each field', () => {
  evaluations(new Work()).forEach((evaluation, index) => {
    const root = evaluation.value({ kind: 'constant', name: 'i' });
    expect((root * root) % primeOf(index)).toBe(primeOf(index) - 1n);
  });
});

it('tells rational identities from near ones, and leaves functions open', () => {
  const compare = (a: string, b: string) => {
    const [left, right] = [parse(a), parse(b)];
    if (left.status !== 'parsed' || right.status !== 'parsed') throw new Error(`${a} or ${b} cannot be read`);
    return identical(left.node, right.node, new Work());
  };
  expect(compare('(x+y)^{20}', '(x+y)^{19}(y+x)')).toBe('equal');
  expect(compare('\\frac{x^3-1}{x-1}', 'x^2+x+1')).toBe('equal');
  expect(compare('(x+y)^{20}', '(x+y)^{20}+1')).toBe('different');
  expect(compare('\\sin x', '\\cos x')).toBe('open');
});
