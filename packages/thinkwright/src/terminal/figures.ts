// Which figures of a stage the terminal shows, and how: the headline of the trainers, then what the task measures, the loss of a stage with
// rewards last. The one place that decides; plain lines, live picture and summary take from it.

import { compact, metricNames, percent } from '@thinkwright/recipes/report';
import { headlineFigures } from '@thinkwright/trainers/headline';

export interface ShownFigure {
  label: string;
  text: string;
  /** Says what was learnt. */
  isResult: boolean;
  /** The metric, and the figure of a value of it: for a curve. */
  name: string;
  of(metric: number): number;
}

const ofTask = ['operationsPerLine', 'factAccuracy', 'thinkTokens'] as const;

export function shownFigures(metrics: Readonly<Record<string, number>>): ShownFigure[] {
  const headline = headlineFigures(metrics).map(
    ({ label, value, isShare, isResult, name, of }): ShownFigure => ({
      ...{ label, isResult, name, of },
      text: isShare ? percent(value, 0) : compact(value),
    }),
  );
  const task = ofTask.flatMap((key): ShownFigure[] => {
    const { keys, title, format } = metricNames[key];
    const name = keys.find((each) => metrics[each] !== undefined);
    if (name === undefined) return [];
    return [
      { label: title.toLowerCase(), text: format(metrics[name]!), isResult: false, name, of: (metric) => metric },
    ];
  });
  const last = headline.findLastIndex(({ label, isResult }) => label === 'loss' && !isResult);
  return last < 0 ? [...headline, ...task] : [...headline.slice(0, last), ...task, ...headline.slice(last)];
}
