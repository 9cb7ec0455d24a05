// HumanEval and HumanEval+ (Python), and HumanEval-X (JavaScript): Chen et al. 2021; Liu et al. 2023; Zheng et al. 2023.
import type { CodeTask } from '../rewards/code-reward.ts';
import { packagesRequired } from './bundled-packages.ts';
import { numpyFor } from './numpy-stand-in.ts';
import { type DataRow, optionalText, textField } from './row-fields.ts';

/** The prompt's own helpers serve the tests: a solution that redefines them changes nothing. */
export function humanEvalTask(row: DataRow): CodeTask {
  const entryPoint = textField(row, 'entry_point');
  const test = textField(row, 'test');
  const setup = numpyFor(test) + textField(row, 'prompt');
  const code = `${test}\ncheck(${entryPoint})\n`;
  return { language: 'python', tests: { kind: 'asserts', code, setup, entryPoints: [entryPoint] } };
}

export function humanEvalXTask(row: DataRow): CodeTask {
  const code = textField(row, 'test');
  const program = optionalText(row, 'canonical_solution') + code;
  return { language: 'javascript', tests: { kind: 'asserts', code }, modules: packagesRequired(program) };
}

/** The reference program of either. */
export function humanEvalReference(row: DataRow): string {
  return textField(row, 'prompt') + textField(row, 'canonical_solution');
}

/** What a model wrote, as a program: a whole function as it is (after the prompt's imports), a body after the prompt. */
export function humanEvalProgram(row: DataRow, completion: string): string {
  const prompt = textField(row, 'prompt');
  const defines = new RegExp(`^\\s*(?:async\\s+)?def\\s+${textField(row, 'entry_point')}\\b`, 'm');
  if (!defines.test(completion)) return prompt + completion;
  const imports = prompt.split('\n').filter((line) => /^(?:from|import)\s/.test(line));
  return `${imports.join('\n')}\n${completion}`;
}
