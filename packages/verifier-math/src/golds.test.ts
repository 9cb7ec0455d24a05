// The golds of real data sets, and published correctness flags, when the shared data are there.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicCases } from './corpus/fixture.ts';
import { checkGolds, verify } from './index.ts';

const shared = process.env.THINKWRIGHT_SHARED ?? path.resolve(import.meta.dirname, '../../../../shared');
const folder = path.join(shared, 'data');
const rows = <T>(file: string): T[] =>
  readFileSync(path.join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

describe('golds of the corpus', () => {
  it('are usable, except those that are broken on purpose', () => {
    const golds = publicCases().filter(({ tier, options }) => tier === 'core' && options?.targets === undefined);
    const { problems } = checkGolds(golds.map(({ id, gold }) => ({ id, gold })));
    expect(problems.map(({ id }) => id)).toEqual([
      'rllm/empty_box_empty_gold',
      'rllm/empty_box_boxed_gold',
      'rllm/blank_gold',
      'rllm/unterminated_gold',
    ]);
  });
});

describe.skipIf(!existsSync(path.join(folder, 'math500.jsonl')))(
  'shared data (set THINKWRIGHT_SHARED when skipped)',
  () => {
    it('reads all golds of MATH-500 and GSM8K', () => {
      expect(checkGolds(rows<{ answer: string }>('math500.jsonl'))).toMatchObject({ checked: 500, usable: 500 });
      expect(checkGolds(rows<{ answer: string }>('gsm8k-test.jsonl'))).toMatchObject({ checked: 1319, usable: 1319 });
    });

    it('finds the answer of every MATH-500 solution; one differs by its percent sign', () => {
      const wrong = rows<{ answer: string; solution: string }>('math500.jsonl').filter(
        (row) => !verify(row.answer, row.solution).correct,
      );
      expect(wrong.map(({ answer }) => answer)).toEqual(['10']);
    });

    it('agrees with all 5,276 flags of the GSM8K model solutions', () => {
      type Solution = { is_correct: boolean; solution: string };
      let compared = 0;
      const differing: string[] = [];
      for (const row of rows<Record<string, unknown> & { ground_truth: string }>('gsm8k-model-solutions.jsonl')) {
        const gold = row.ground_truth.split('\nA: ')[1]!;
        for (const model of ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification']) {
          const { is_correct: flag, solution } = row[model] as Solution;
          compared++;
          if (verify(gold, solution.replace(/\nA: /, '\n#### ')).correct !== flag) differing.push(solution);
        }
      }
      expect(compared).toBe(5276);
      expect(differing).toEqual([]);
    });

    it('agrees with the ratings of PRM800K, with every exception explained', () => {
      const golds = new Map(
        rows<{ problem: string; answer: string }>('math500.jsonl').map(({ problem, answer }) => [problem, answer]),
      );
      interface Chain {
        problem: string;
        answer: string | null;
        steps: { completions: { text: string; rating: number | null }[] }[];
      }
      const chains = rows<Chain>('prm-steps.jsonl');
      const finished = chains.filter(({ answer }) => answer !== null);
      expect(finished).toHaveLength(90);
      const differing = finished.filter(
        ({ problem, answer }) => !verify(golds.get(problem)!, answer!, { form: 'answer' }).correct,
      );
      // A base left out, which its grader forgives and we do not; 58,500 against 585000, where the chain is wrong
      // although its last step is rated good.
      expect(differing.map(({ problem, answer }) => [golds.get(problem), answer])).toEqual([
        ['4210_{5}', '4210'],
        ['58,500', '585000'],
      ]);
      const boxed = chains.flatMap(({ problem, steps }) =>
        steps.flatMap(({ completions }) =>
          completions
            .filter(({ text }) => text.includes('\\boxed'))
            .map(({ text, rating }) => ({ rating, correct: verify(golds.get(problem)!, text).correct, text })),
        ),
      );
      const good = boxed.filter(({ rating }) => rating === 1);
      expect(good.filter(({ correct }) => !correct)).toEqual([]);
      // A bad rating judges the step: a right value in it (1736, 4, an unreduced 3 ± 2√2) stays a right value.
      const bad = boxed.filter(({ rating }) => rating === -1);
      expect([good.length, bad.length, bad.filter(({ correct }) => correct).length]).toEqual([15, 43, 11]);
    });
  },
);
