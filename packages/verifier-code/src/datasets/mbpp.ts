// MBPP and MBPP+ (Austin et al. 2021; Liu et al. 2023), and MBXP's JavaScript and TypeScript (Athiwaratkun et al. 2022).
import type { CodeTask } from '../rewards/code-reward.ts';
import { packagesRequired } from './bundled-packages.ts';
import { numpyFor } from './numpy-stand-in.ts';
import { type DataRow, missing, optionalList, optionalText, textField } from './row-fields.ts';

/** Functions of the reference that the tests name are the solution's, even when they are called like builtins. */
export function mbppTask(row: DataRow): CodeTask {
  const imports = [optionalText(row, 'test_setup_code'), ...optionalList(row, 'test_imports')].join('\n');
  const list = [...optionalList(row, 'test_list'), ...optionalList(row, 'challenge_test_list')];
  const tests = optionalText(row, 'test') || list.join('\n');
  if (tests === '') throw missing(row, 'test_list', 'a list of assertions', row.test_list);
  const reference = textField(row, 'code');
  const mentioned = (pattern: RegExp) => {
    const names = new Set([...reference.matchAll(pattern)].map((match) => match[1]!));
    return [...names].filter((name) => new RegExp(`\\b${name}\\b`).test(tests));
  };
  const entryPoints = mentioned(/^(?:async\s+)?def\s+(\w+)/gm);
  // A few tests of the full set build instances of the solution's classes.
  const shared = mentioned(/^class\s+(\w+)/gm).length > 0;
  const code = `${imports}\n${tests}\n`;
  return { language: 'python', tests: { kind: 'asserts', code, setup: numpyFor(code), entryPoints, shared } };
}

export function mbppReference(row: DataRow): string {
  return textField(row, 'code');
}

export function mbxpTask(row: DataRow): CodeTask {
  const language = textField(row, 'language') === 'typescript' ? 'typescript' : 'javascript';
  const code = textField(row, 'test');
  const modules = packagesRequired((mbxpReference(row) ?? '') + code);
  return { language, tests: { kind: 'asserts', code, entryPoints: [textField(row, 'entry_point')] }, modules };
}

/** The model-written reference; null where the set has none. */
export function mbxpReference(row: DataRow): string | null {
  const solution = optionalText(row, 'canonical_solution');
  return solution === '' ? null : textField(row, 'prompt') + solution;
}
