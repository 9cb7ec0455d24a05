// Runs a recipe in front of a person or a pipe: live picture or lines, interrupts, the final table, and how to go on.

import { relative } from 'node:path';
import type { Recipe, RunRecipeOptions, RunSummary } from '@thinkwright/recipes';
import { watchInterrupt } from './interrupt.ts';
import type { Output } from './output.ts';
import { comparisonLines } from './terminal/comparison.ts';
import { createLiveView, type LiveView } from './terminal/live-view.ts';
import { createPlainLines } from './terminal/plain-lines.ts';
import { renderRun } from './terminal/render-run.ts';
import { applyEvent, emptyRun } from './terminal/run-state.ts';

export interface FollowOptions extends Omit<RunRecipeOptions, 'signal' | 'onEvent'> {
  /** The command that goes on with this run, shown after Ctrl-C. */
  resumeCommand: string;
}

/** Resolves with the exit status. */
export async function followRun(recipe: Recipe, output: Output, options: FollowOptions): Promise<number> {
  const { runRecipe } = await import('@thinkwright/recipes');
  const state = emptyRun();
  let view: LiveView | undefined;
  const lines = createPlainLines((line) => output.note(line), state);
  const interrupt = watchInterrupt(() => {
    state.stopping = true; // the live picture shows it with the next drawing; in a pipe the line goes out now
    if (!view) output.note('finishing the running step, saving… (Ctrl-C again stops at once)');
  });
  const { resumeCommand, ...run } = options;
  let saved = false;
  try {
    if (output.live)
      view = createLiveView(process.stderr, (tick, columns) =>
        renderRun(state, { tick, columns, colors: output.colors }),
      );
    const summary = await runRecipe(recipe, {
      ...run,
      signal: interrupt.signal,
      onEvent: (event) => {
        saved ||= event.type === 'checkpoint' || event.type === 'stage-end' || event.type === 'stage-reused';
        if (view) applyEvent(state, event);
        else if (event.type !== 'stopping') lines(event);
      },
    });
    view?.close();
    view = undefined;
    return conclude(summary, output, resumeCommand, interrupt.status());
  } catch (error) {
    view?.close();
    const isStopped = interrupt.status() !== 0 && error instanceof Error && error.name === 'AbortError';
    const kept = saved ? 'What was saved before is kept. ' : isStopped ? 'Nothing was trained yet. ' : undefined;
    if (kept) output.note(`${kept}To go on: ${output.colors.bold(resumeCommand)}`);
    if (!isStopped) throw error;
    output.result({ status: 'aborted', folder: run.folder, resume: resumeCommand });
    return interrupt.status();
  } finally {
    view?.close();
    interrupt.dispose();
  }
}

/** Kinds of stages that leave no model to talk to. */
const NO_POLICY = ['evaluate', 'reward-model', 'process-reward'];

async function conclude(
  summary: RunSummary,
  output: Output,
  resumeCommand: string,
  interrupted: number,
): Promise<number> {
  const { colors } = output;
  const near = (path: string) => relative(process.cwd(), path) || '.';
  if (summary.status === 'aborted') {
    output.note(`Saved. To go on: ${colors.bold(resumeCommand)}`);
    output.result({ status: 'aborted', folder: summary.folder, resume: resumeCommand });
    return interrupted || 1;
  }
  const { result } = summary;
  if (result?.after) {
    output.say('');
    for (const line of comparisonLines(result.before, result.after, result.samplesPerProblem ?? 8, colors))
      output.say(line);
    const { storyOf } = await import('@thinkwright/recipes/report');
    for (const { heading, text } of output.json ? [] : storyOf(result))
      output.say(`  ${colors.bold(heading)}\n${wrap(text, 92, '  ')}\n`);
  }
  if (summary.reportFile) output.say(`  report   ${near(summary.reportFile)}`);
  if (summary.resultFile) output.say(`  result   ${near(summary.resultFile)}`);
  if (result?.checkpoint)
    output.say(
      `  model    ${near(result.checkpoint)}\n\n  ${
        result.stages.every(({ kind }) => NO_POLICY.includes(kind))
          ? 'It scores answers and writes none: load it with loadClassifier, or train it in the recipe of the stage that it rewards.'
          : `Talk to it: ${colors.bold(`npx thinkwright chat ${near(result.checkpoint)}`)}`
      }`,
    );
  output.result({
    status: 'finished',
    folder: summary.folder,
    resultFile: summary.resultFile,
    reportFile: summary.reportFile,
    ...result,
  });
  return 0;
}

/** Breaks a paragraph into lines of at most `columns`, each with the indent. */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((each) => indent + each).join('\n');
}
