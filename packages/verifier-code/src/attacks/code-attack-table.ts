// The table of docs/rewards.md for code: every attack against the rewards of this package and against exec as tutorials print it.
// What pays is bold, and so is what harms the trainer.
import { rewardContext } from '@thinkwright/rewards/test';
import { createCodeReward } from '../rewards/code-reward.ts';
import type { CodeVerifier } from '../verifier.ts';
import { CODE_ATTACKS, CODE_TESTS, HONEST_CODE } from './code-attacks.ts';
import { naiveExecReward } from './naive-exec-reward.ts';

export interface CodeAttackRow {
  attack: string;
  /** all or nothing, fraction of tests, and exec: a value, or what happened. */
  earned: (number | string)[];
}

const COLUMNS = ['code, all or nothing', 'code, share of tests', 'tutorial exec'];
const LIMITS = { cpuMs: 3_000, testCpuMs: 3_000 };

export async function codeAttackRows(verifier: CodeVerifier): Promise<CodeAttackRow[]> {
  const tests = { kind: 'asserts', code: CODE_TESTS.join('\n'), entryPoints: ['double'] } as const;
  const rewards = (['all', 'fraction'] as const).map((kind) => createCodeReward({ kind, verifier, limits: LIMITS }));
  const honest = [
    { name: 'honest and right', completion: HONEST_CODE.right },
    { name: 'honest and wrong', completion: HONEST_CODE.wrong },
  ];
  const rows: CodeAttackRow[] = [];
  for (const { name, completion } of [...honest, ...CODE_ATTACKS]) {
    const context = rewardContext(completion, { row: { prompt: 'Write double(x).', tests: { ...tests } } });
    const ours = await Promise.all(rewards.map(async (reward) => earnedBy((await reward([context]))[0])));
    rows.push({ attack: name, earned: [...ours, await naiveExecReward(verifier, completion, CODE_TESTS)] });
  }
  return rows;
}

/** Whether it earns more than an honest wrong answer, or does harm. */
export const pays = (earned: number | string, wrong: number | string): boolean =>
  typeof earned === 'string' || earned > Number(wrong);

export function codeAttackTable(rows: readonly CodeAttackRow[]): string {
  const [right, wrong, ...attacks] = rows as [CodeAttackRow, CodeAttackRow, ...CodeAttackRow[]];
  const cell = (earned: number | string, column: number) => (pays(earned, wrong.earned[column]!) ? `**${earned}**` : String(earned)); // biome-ignore format: one expression
  const paying = COLUMNS.map((_, column) => attacks.filter(({ earned }) => pays(earned[column]!, wrong.earned[column]!)).length); // biome-ignore format: one expression
  return [
    ['attack', ...COLUMNS],
    ['---', ...COLUMNS.map(() => '--:')],
    ...[right, wrong].map(({ attack, earned }) => [attack, ...earned]),
    ...attacks.map(({ attack, earned }) => [attack, ...earned.map(cell)]),
    ['**attacks that pay or harm**', ...paying.map((count) => `**${count}**`)],
  ]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

function earnedBy(score: unknown): number | string {
  if (typeof score === 'number') return score;
  const { value } = score as { value?: number };
  return value ?? JSON.stringify(score);
}
