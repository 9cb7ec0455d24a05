// The task of a data set's row, by the name of the set.
import { CodeVerifierError } from '../errors.ts';
import type { CodeTask } from '../rewards/code-reward.ts';
import { codeforcesTask } from './codeforces.ts';
import { appsTask, liveCodeBenchTask } from './contests.ts';
import { humanEvalTask, humanEvalXTask } from './human-eval.ts';
import { mbppTask, mbxpTask } from './mbpp.ts';
import type { DataRow } from './row-fields.ts';

/** Sets with adapters. HumanEval+ and MBPP+ have the rows of their originals. */
export type CodeDataSet = 'humaneval' | 'humaneval-x' | 'mbpp' | 'mbxp' | 'apps' | 'livecodebench' | 'codeforces';

const ADAPTERS: Record<CodeDataSet, (row: DataRow) => CodeTask> = {
  humaneval: humanEvalTask,
  'humaneval-x': humanEvalXTask,
  mbpp: mbppTask,
  mbxp: mbxpTask,
  apps: appsTask,
  livecodebench: liveCodeBenchTask,
  codeforces: codeforcesTask,
};

/**
 * What completions for this row are judged by; give it to `createCodeReward` as `task`.
 * @throws CodeVerifierError TW_VERIFIER_CODE_ROW for a row of another shape
 */
export function codeTaskOf(dataSet: CodeDataSet, row: DataRow): CodeTask {
  if (!Object.hasOwn(ADAPTERS, dataSet)) {
    const known = Object.keys(ADAPTERS).join(', ');
    throw new CodeVerifierError('TW_VERIFIER_CODE_OPTION', `no adapter for ${dataSet}; there are ${known}.`);
  }
  return ADAPTERS[dataSet](row);
}
