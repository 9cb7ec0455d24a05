// report.html: one static file that tells what a run did. Pure: inputs in, text out; no script, no network, all text escaped.

import type { RolloutRecord, SampleRecord } from '../run/events.ts';
import type { RunResult } from '../run/result.ts';
import type { MetricsLine } from '../run/stage-folder.ts';
import { html, type Markup } from './html.ts';
import { lineChart } from './line-chart.ts';
import { type MetricName, metricNames, metricOf } from './metric-names.ts';
import { compact, duration, percent } from './numbers.ts';
import { storyOf } from './story.ts';
import { style } from './style.ts';
import { comparisonTable, rolloutDetails, samplePairs } from './tables.ts';

export interface ReportStage {
  name: string;
  kind: string;
  metrics: MetricsLine[];
  /** The steps shown, each with a few groups. */
  rollouts: { step: number; records: RolloutRecord[] }[];
}

export interface ReportInputs {
  result: RunResult;
  description?: string;
  stages: ReportStage[];
  samples: { before: SampleRecord[]; after: SampleRecord[] };
  /** How to get this run again. */
  command: string;
}

const stageColors = ['var(--blue)', 'var(--violet)', 'var(--teal)', 'var(--green)', 'var(--orange)', 'var(--red)'];

export function renderReport(inputs: ReportInputs): string {
  const { result, stages, samples } = inputs;
  const title = result.title ?? result.recipe;
  const story = storyOf(result);
  const rollouts = stages.flatMap((stage) => stage.rollouts);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="thinkwright">
<title>${title}</title><style>${{ markup: style }}</style></head><body><main>
<p class="eyebrow">thinkwright · ${result.recipe}${result.method && ` · ${result.method}`} · seed ${result.seed}</p>
<h1>${title}</h1>
${inputs.description && html`<p class="soft">${inputs.description}</p>`}
${cards(result)}
${story.length > 0 && html`<h2>The story</h2><div class="story">${story.map(({ heading, text }) => html`<div><h3>${heading}</h3><p>${text.replaceAll(' %', '\u00a0%')}</p></div>`)}</div>`}
${section(result.before ? 'Before and after' : 'Results', comparisonTable(result), result.problems ? `${result.problems} held-out problems; greedy once, sampled ${result.samplesPerProblem} times at temperature 1.` : undefined)}
${section('How it learned', charts(stages))}
${section('In its own words', samplePairs(samples.before, samples.after, 8), 'The same held-out problems, greedy. Thinking is dimmed.')}
${section('Rollouts', rollouts.length > 0 ? html`${rollouts.map(({ step, records }, index) => rolloutDetails(step, records, index === 0))}` : undefined, 'What the model tried, and what it was paid: advantage is reward minus the mean of its group. Green is encouraged, red discouraged.')}
${section('Time', times(result))}
${section('This run', facts(inputs))}
<footer>Written by thinkwright. This file needs no network and runs no script.</footer>
</main></body></html>
`;
  return page.markup;
}

function section(title: string, body: Markup | undefined, note?: string): Markup | undefined {
  return body && html`<section><h2>${title}</h2>${note && html`<p class="note">${note}</p>`}${body}</section>`;
}

function cards({ before, after }: RunResult): Markup | undefined {
  if (!after) return undefined;
  const card = (
    name: string,
    hint: string,
    from: number | null | undefined,
    to: number | null | undefined,
    format: (value: number) => string,
  ) =>
    to != null &&
    html`<div class="card"><div class="name">${name}</div><div class="figure">${from != null && html`<span class="from">${format(from)} → </span>`}${format(to)}</div><div class="hint">${hint}</div></div>`;
  const rate = (value: number) => percent(value);
  return html`<div class="cards">
${card('Right when it thinks', 'sampled, held-out problems', before?.think?.sampled, after.think?.sampled, rate)}
${card('Right, greedy', 'its likeliest answer', before?.think?.greedy, after.think?.greedy, rate)}
${card('Operations per line', '1 means: every step is written', before?.think?.operationsPerLine, after.think?.operationsPerLine, (value) => value.toFixed(2))}
${card('Right without thinking', 'sampled, told to answer at once', before?.noThink?.sampled, after.noThink?.sampled, rate)}
</div>`;
}

const heldOut = ['heldOutAccuracy', 'heldOutLoss'] as const;

/** Of each kind of stage, those that it measured are drawn. */
const curvesOf: Record<string, (keyof typeof metricNames)[]> = {
  pretrain: ['loss', 'factAccuracy', ...heldOut],
  sft: ['loss', ...heldOut],
  rl: ['accuracy', 'operationsPerLine', 'reward', 'thinkTokens', 'completionTokens', 'entropy', 'liveRows'],
  ppo: ['accuracy', 'operationsPerLine', 'reward', 'thinkTokens', 'completionTokens', 'entropy'],
  preference: ['pairsRanked', 'margin', 'loss', 'reward', 'accuracy', 'completionTokens', 'entropy', ...heldOut],
  distill: ['loss', 'entropy', 'completionTokens', ...heldOut],
  'reward-model': ['pairsRanked', 'margin', 'loss', ...heldOut],
  'process-reward': ['stepsJudged', 'loss', ...heldOut],
  'rejection-sampling': ['accuracy', 'operationsPerLine', 'thinkTokens', 'loss'],
};

function charts(stages: ReportStage[]): Markup | undefined {
  const drawn = stages.flatMap((stage) => {
    const hasThinkTokens = stage.metrics.some((line) => metricOf(line.metrics, 'thinkTokens') !== undefined);
    const names = (curvesOf[stage.kind] ?? []).filter((name) => name !== 'completionTokens' || !hasThinkTokens);
    return names.flatMap((name) => {
      const metric: MetricName = metricNames[name];
      const points = stage.metrics.flatMap((line): [number, number][] => {
        const value = metricOf(line.metrics, name);
        return value === undefined ? [] : [[line.step, value]];
      });
      const { color, format, include } = metric;
      return (
        lineChart({
          title: `${metric.title}, ${stage.name}`,
          caption: metric.caption,
          points,
          color,
          format,
          include,
        }) ?? []
      );
    });
  });
  return drawn.length > 0 ? html`<div class="charts">${drawn}</div>` : undefined;
}

function times({ seconds, totalSeconds, stages }: RunResult): Markup {
  const entries = Object.entries(seconds);
  // in percent, as shares below 1 in all would not fill the bar
  const shareOf = (value: number) => 100 * Math.max(value / Math.max(totalSeconds, 1e-9), 1 / 400);
  const color = (index: number) => stageColors[index % stageColors.length]!;
  return html`<div class="bar">${entries.map(([name, value], index) => html`<div style="flex:${shareOf(value)} 0 0;background:${color(index)}" title="${name}: ${duration(value)}"></div>`)}</div>
<div class="times">${entries.map(([name, value], index) => {
    const tokens = stages[index]?.tokens ?? 0;
    return html`<span><i style="background:${color(index)}"></i>${name} <b>${duration(value)}</b>${tokens > 0 && html` <span class="soft">${compact(tokens / Math.max(value, 1e-9))} tokens/s</span>`}</span>`;
  })}<span>together <b>${duration(totalSeconds)}</b></span></div>`;
}

function facts({ result, command }: ReportInputs): Markup {
  const gates = result.stages.flatMap(({ name, gate }) =>
    gate
      ? [
          `${name}: ${gate.metric} ${compact(gate.value)} (asked: ${gate.atLeast})${gate.passed ? '' : ', not reached'}${gate.extraSteps ? `, after ${gate.extraSteps} more steps than planned` : ''}`,
        ]
      : [],
  );
  return html`<dl><dt>device</dt><dd>${result.device.description}</dd>
${result.checkpoint && html`<dt>model</dt><dd class="mono">${result.checkpoint}</dd>`}
${gates.length > 0 && html`<dt>gates</dt><dd>${gates.map((gate) => html`<div>${gate}</div>`)}</dd>`}
<dt>versions</dt><dd>${Object.entries(result.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}</dd></dl><pre>${command}</pre>`;
}
