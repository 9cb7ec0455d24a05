// Random hostile jobs from two small grammars, in every shape of tests: up to two prologues that break things, up to two deeds
// in a hiding place, a lie at the end. None can know the expected value. The same seed gives the same job.
import type { CodeJob, CodeTests } from '../jobs/job.ts';
import {
  JAVASCRIPT_DEEDS,
  JAVASCRIPT_HIDING_PLACES,
  JAVASCRIPT_LIES,
  JAVASCRIPT_PROLOGUES,
} from './javascript-grammar.ts';
import { PYTHON_DEEDS, PYTHON_HIDING_PLACES, PYTHON_LIES, PYTHON_PROLOGUES } from './python-grammar.ts';

/** The file that deeds try to write. */
export const NASTY_FILE = '/tmp/thinkwright-nasty';

const EXPECTED = 'unguessable-7f3a';
const LIMITS = { cpuMs: 60, testCpuMs: 60 };

type Pick = <Item>(items: readonly Item[]) => Item;

export function nastyJob(seed: number): CodeJob {
  const pick = picker(seed);
  const language = pick(['python', 'javascript', 'typescript'] as const);
  const code = language === 'python' ? pythonProgram(pick) : javaScriptProgram(pick);
  return { language, code, tests: testsFor(language, pick), limits: LIMITS };
}

function pythonProgram(pick: Pick): string {
  const prologues = [pick(PYTHON_PROLOGUES), pick(['', pick(PYTHON_PROLOGUES)])];
  const deeds = [pick(PYTHON_DEEDS), pick(['pass', pick(PYTHON_DEEDS)])];
  return `${prologues.join('\n')}\n${hidden(pick(PYTHON_HIDING_PLACES), deeds.join('\n'), pick(PYTHON_LIES))}\n`;
}

function javaScriptProgram(pick: Pick): string {
  const prologues = [pick(JAVASCRIPT_PROLOGUES), pick(['', pick(JAVASCRIPT_PROLOGUES)])];
  // Blocks of their own, so that two deeds may declare the same name.
  const deeds = [pick(JAVASCRIPT_DEEDS), pick([';', pick(JAVASCRIPT_DEEDS)])].map((deed) => `{ ${deed} }`);
  const place = pick(JAVASCRIPT_HIDING_PLACES);
  return `${prologues.join('\n')}\n${hidden(place, deeds.join(' '), pick(JAVASCRIPT_LIES))}\n`;
}

/** Puts the deeds into a hiding place, each line at the column of the mark. */
function hidden(place: string, deeds: string, lie: string): string {
  const column = /^( *)\{\}/m.exec(place)?.[1] ?? '';
  // Replacement functions: programs are full of dollar signs.
  return place.replace('{}', () => deeds.replaceAll('\n', `\n${column}`)).replace('RESULT', () => lie);
}

function testsFor(language: CodeJob['language'], pick: Pick): CodeTests {
  const marker = JSON.stringify(EXPECTED);
  const assertion =
    language === 'python' ? `assert solve([1, 2]) == ${marker}` : `console.assert(solve([1, 2]) === ${marker})`;
  return pick<CodeTests>([
    { kind: 'calls', entryPoint: 'solve', cases: [{ args: [[1, 2]], expected: EXPECTED }] },
    {
      kind: 'calls',
      entryPoint: 'solve',
      cases: [
        { args: [{ a: 1 }, 'x'], expected: [EXPECTED] },
        { args: [], expected: EXPECTED },
      ],
    },
    { kind: 'asserts', code: `${assertion}\n`, entryPoints: ['solve'] },
    { kind: 'stdio', cases: [{ input: '1 2\n', output: `${EXPECTED}\n` }] },
  ]);
}

/** Numerical Recipes' linear congruential generator, of which the high bits are used. */
function picker(seed: number): Pick {
  let state = (Math.imul(seed, 2_654_435_761) + 1) >>> 0;
  return (items) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return items[Math.floor((state / 2 ** 32) * items.length)]!;
  };
}
