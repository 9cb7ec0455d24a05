// The live picture of a run as lines of text: stages, the running one's bar, its figures with sparklines, a completion before and now.

import type { SampleRecord } from '@thinkwright/recipes';
import { duration } from '@thinkwright/recipes/report';
import type { Colors } from 'picocolors/types.js';
import { shownFigures } from './figures.ts';
import { type RunState, type StageState, secondsLeft, tokensPerSecond } from './run-state.ts';
import { bar, fit, grouped, padEnd, padStart, printable, sparkline } from './text.ts';

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

export interface Frame {
  columns: number;
  /** Counts up with every drawing; turns the spinner. */
  tick: number;
  colors: Colors;
}

export function renderRun(state: RunState, frame: Frame): string[] {
  const { colors } = frame;
  const nameWidth = Math.max(8, ...state.stages.map((stage) => stage.name.length));
  const lines = ['', `  ${colors.bold(state.title)}  ${colors.dim(`seed ${state.seed} · ${state.device}`)}`, ''];
  for (const stage of state.stages) lines.push(stageLine(stage, nameWidth, frame));
  const { current } = state;
  if (current?.status === 'running') lines.push('', ...figureLines(current, frame));
  const samples = sampleLines(state, frame);
  if (samples.length > 0) lines.push('', ...samples);
  for (const warning of state.warnings.slice(-3)) lines.push('', `  ${colors.yellow('!')} ${warning}`);
  if (state.stopping && state.status === 'running')
    lines.push(
      '',
      `  ${colors.yellow('finishing the running step, saving…')} ${colors.dim('(Ctrl-C again stops at once)')}`,
    );
  lines.push('');
  return lines.map((line) => fit(line, frame.columns - 1));
}

function stageLine(stage: StageState, nameWidth: number, { columns, tick, colors }: Frame): string {
  const name = padEnd(stage.name, nameWidth);
  if (stage.status === 'waiting') return `  ${colors.dim(`○ ${name}`)}`;
  if (stage.status === 'running') {
    const mark = colors.cyan(spinner[tick % spinner.length]!);
    const { done, total } = stage.progress ?? { done: stage.step, total: stage.totalSteps ?? 0 };
    const share = total > 0 ? done / total : 0;
    const left = secondsLeft(stage);
    const drawn = bar(share, Math.max(8, Math.min(36, columns - nameWidth - 46)));
    const count = total > 0 ? `${grouped(done)}/${grouped(total)}` : 'starting';
    const remark = stage.progress
      ? stage.progress.label
      : left !== undefined
        ? `${duration(left)} left`
        : stage.resumed
          ? 'resuming'
          : '';
    return `  ${mark} ${colors.bold(name)}  ${colors.cyan(drawn.done)}${colors.dim(drawn.rest)} ${padStart(`${Math.floor(share * 100)} %`, 5)}  ${count}  ${colors.dim(remark)}`;
  }
  const { outcome } = stage;
  const time = stage.status === 'reused' ? 'kept' : duration(outcome?.seconds ?? 0);
  const size =
    outcome && outcome.steps > 0
      ? `${grouped(outcome.steps)} steps`
      : outcome?.evaluation
        ? `${outcome.evaluation.problems} problems`
        : '';
  return `  ${colors.green('✔')} ${name}  ${padEnd(size, 13)} ${colors.dim(padStart(time, 11))}  ${stageSummary(stage)}`;
}

/** What a finished stage has to say, in a few words. */
export function stageSummary(stage: StageState): string {
  const { outcome } = stage;
  if (outcome?.evaluation) {
    const { think, noThink } = outcome.evaluation;
    const rate = (value: number | null | undefined) => (value == null ? undefined : `${(100 * value).toFixed(1)} %`);
    const words = (name: string, figures: typeof think, alone: boolean) => {
      const sampled = rate(figures?.sampled);
      const greedy = rate(figures?.greedy);
      if (!figures) return undefined;
      return sampled === undefined
        ? `${name} greedy ${greedy}`
        : `${name} ${sampled}${alone && greedy !== undefined ? `, greedy ${greedy}` : ''}`;
    };
    return [words('think', think, true), words('no_think', noThink, !think)].filter(Boolean).join(' · ');
  }
  const metrics = outcome?.metrics ?? stage.metrics;
  const parts = shownFigures(metrics).flatMap(({ label, text, isResult }) => (isResult ? [`${label} ${text}`] : []));
  const gate = outcome?.gate
    ? `${outcome.gate.metric} ${outcome.gate.value.toFixed(2)}${outcome.gate.passed ? '' : ' (missed)'}`
    : stage.gate;
  return [...parts, ...(gate ? [gate] : [])].join(' · ');
}

/** Lines of figures, pace and gate, so that the completions stay in sight. */
const MOST_LINES = 10;

function figureLines(stage: StageState, { columns, colors }: Frame): string[] {
  const sparkWidth = Math.max(10, Math.min(40, columns - 46));
  const lines = shownFigures(stage.metrics).map(({ label, text, name, of }) => {
    const series = (stage.series.get(name) ?? []).map(of);
    return `    ${padEnd(label, 20)} ${colors.bold(padStart(text, 8))}  ${colors.magenta(sparkline(series, sparkWidth))}`;
  });
  const pace = tokensPerSecond(stage);
  if (pace !== undefined) lines.push(`    ${colors.dim(padEnd('tokens a second', 20))} ${padStart(grouped(pace), 8)}`);
  if (stage.gate) lines.push(`    ${colors.dim('gate')} ${stage.gate}`);
  return lines.slice(0, MOST_LINES);
}

function sampleLines(state: RunState, { colors, columns }: Frame): string[] {
  const line = (label: string, sample: SampleRecord) => {
    const verdict = sample.correct === undefined ? ' ' : sample.correct ? colors.green('✔') : colors.red('✘');
    return `  ${colors.dim(padEnd(label, 7))} ${verdict} ${colors.bold(fit(printable(sample.prompt), Math.max(16, columns / 3)))}  ${paintCompletion(printable(sample.text).replace(/<\|[a-z_]+\|>$/, ''), colors)}`;
  };
  const lines: string[] = [];
  if (state.before) lines.push(line('before', state.before));
  if (state.latest) lines.push(line(state.status === 'finished' ? 'after' : 'now', state.latest));
  return lines;
}

/** Thinking dimmed, the answer plain. */
export function paintCompletion(text: string, colors: Colors): string {
  const close = text.indexOf('</think>');
  return close < 0 ? text : colors.dim(text.slice(0, close + 8)) + text.slice(close + 8);
}
