// A checker that fails on what a solution printed has refused it, unless it fails on the expected output as well: then it is
// broken, and that is the job's fault.
import type { OutputJudge } from './javascript-jobs.ts';
import { BadJob } from './wire.ts';

export function fairJudge(judge: OutputJudge): OutputJudge {
  return async (input, output, expected) => {
    try {
      return await judge(input, output, expected);
    } catch (error) {
      if (!(error instanceof BadJob)) throw error;
      await judge(input, expected, expected);
      return false;
    }
  };
}
