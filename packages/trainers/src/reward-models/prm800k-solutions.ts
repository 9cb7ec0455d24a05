// Labels of PRM800K as rows for a process reward model: every rated candidate of a step, behind the steps that were chosen before it.
// Lightman et al., https://arxiv.org/abs/2305.20050: rating 1 and 0 (neutral) count as right, -1 as wrong; candidates without a rating are
// left out, and a chosen step that a person wrote counts as right.

export interface Prm800kRow {
  problem: string;
  steps: {
    /** Index of the candidate that the chain went on with. */
    chosen: number | null;
    completions: { text: string; rating: number | null }[];
  }[];
}

export interface LabelledSolution extends Record<string, unknown> {
  prompt: string;
  completions: string[];
  labels: boolean[];
}

const isRight = (rating: number | null) => rating !== -1;

/** One solution for each rated candidate; its label is the last, those before it are the chosen steps'. */
export function prm800kSolutions({ problem, steps }: Prm800kRow): LabelledSolution[] {
  const solutions: LabelledSolution[] = [];
  const before = { completions: [] as string[], labels: [] as boolean[] };
  for (const { chosen, completions } of steps) {
    for (const { text, rating } of completions) {
      if (rating === null) continue;
      solutions.push({
        prompt: problem,
        completions: [...before.completions, text],
        labels: [...before.labels, isRight(rating)],
      });
    }
    const next = chosen === null ? undefined : completions[chosen];
    if (next === undefined) break;
    before.completions.push(next.text);
    before.labels.push(isRight(next.rating));
  }
  return solutions;
}
