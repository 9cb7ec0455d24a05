// Every known kind of row: the task to verify against, the reference program, and the verdict to expect of it.
import type { Verdict } from '../jobs/job.ts';
import type { CodeTask } from '../rewards/code-reward.ts';
import { type HostileTasks, hostileTask } from './hostile.ts';
import { humanEvalReference, humanEvalTask, humanEvalXTask } from './human-eval.ts';
import { mbppReference, mbppTask, mbxpReference, mbxpTask } from './mbpp.ts';
import { type DataRow, optionalText, textField } from './row-fields.ts';

export type DataSetName = 'humaneval' | 'humaneval-x' | 'mbpp' | 'mbxp' | 'hostile';

export interface DataSet {
  task(row: DataRow, tasks: HostileTasks): CodeTask;
  /** The program to run: null where a row has none. */
  program(row: DataRow): string | null;
  isExpected(verdict: Verdict, row: DataRow): boolean;
}

const passes = (verdict: Verdict) => verdict.status === 'passed';

export const DATA_SETS: Record<DataSetName, DataSet> = {
  humaneval: { task: humanEvalTask, program: humanEvalReference, isExpected: passes },
  'humaneval-x': { task: humanEvalXTask, program: humanEvalReference, isExpected: passes },
  mbpp: { task: mbppTask, program: mbppReference, isExpected: passes },
  mbxp: { task: mbxpTask, program: mbxpReference, isExpected: agreesWithNode },
  hostile: {
    task: hostileTask,
    program: (row) => textField(row, 'code'),
    isExpected: (verdict) => verdict.status !== 'passed',
  },
};

/** MBXP's references are model-written: what plain Node says of them is written in the row. */
function agreesWithNode(verdict: Verdict, row: DataRow): boolean {
  switch (optionalText(row, 'node_verdict')) {
    case 'pass':
      return verdict.status === 'passed';
    case 'syntax':
      return verdict.status === 'syntax';
    case 'fail':
      return verdict.status !== 'passed' && verdict.status !== 'syntax';
    default:
      // Nothing that Node could run.
      return verdict.status !== 'passed';
  }
}
