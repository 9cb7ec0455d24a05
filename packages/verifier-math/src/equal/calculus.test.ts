// Derivatives and antiderivatives against mathjs, by value.
import { all, create } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { equal } from '../parse.ts';

const mathjs = create(all!, {});

describe('derivatives', () => {
  it.each(['x^3 + 2*x', 'sin(x^2)', 'x*cos(x)', 'a^x', 'tan(x)/x', 'sqrt(x + 1)', 'x^x', 'atan(x)', 'log(x^2 + 1)'])(
    'of %s agree with mathjs',
    (text) => {
      const latex = mathjs.parse(text).toTex({ parenthesis: 'keep', implicit: 'hide' });
      const expected = mathjs.derivative(text, 'x').toString();
      const plain = expected
        .replaceAll('log(', 'ln(')
        .replaceAll('atan', 'arctan')
        .replace(/\bsec\(/g, 'sec(');
      expect(equal(plain, `\\frac{d}{dx}\\left(${latex.replaceAll('\\mathrm', '')}\\right)`).verdict).toBe('equal');
    },
  );
});

describe('antiderivatives', () => {
  it.each(['x^2', '1/x^2', 'sqrt(x)', 'e^{2x}', '3^x', '\\sin(3x+1)', '\\cos x', '5', '\\frac{4}{x}', 'x^2 - y'])(
    'of %s have it as their derivative',
    (body) => {
      expect(equal(body, `\\frac{d}{dx}\\left(\\int ${body}\\,dx\\right)`).verdict).toBe('equal');
    },
  );

  it('outside the table leave the comparison undecided', () => {
    expect(equal('1', '\\int_0^1 e^{x^2}\\,dx').verdict).toBe('undecided');
  });
});
