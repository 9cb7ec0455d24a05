// Progress for a pipe or a log file: one line when something begins or ends, and one for about every twentieth part of a stage.

import type { RunEvent } from '@thinkwright/recipes';
import { duration } from '@thinkwright/recipes/report';
import { shownFigures } from './figures.ts';
import { stageSummary } from './render-run.ts';
import { applyEvent, emptyRun, type RunState, secondsLeft, tokensPerSecond } from './run-state.ts';
import { grouped } from './text.ts';

const PARTS = 20;

/** Returns a function that takes events and writes lines; the state is shared with the caller for the end of the run. */
export function createPlainLines(
  write: (line: string) => void,
  state: RunState = emptyRun(),
): (event: RunEvent) => void {
  let told = -1;
  return (event) => {
    applyEvent(state, event);
    switch (event.type) {
      case 'run-start':
        write(`${state.title} · seed ${state.seed} · ${state.device}`);
        return write(`run folder: ${event.folder}`);
      case 'stage-start':
        told = -1;
        return write(
          `[${event.index + 1}/${event.count}] ${event.stage}: ${event.resumed ? 'resuming' : 'started'}${event.totalSteps ? `, ${grouped(event.totalSteps)} steps` : ''}`,
        );
      case 'stage-reused':
        return write(`[${event.index + 1}/${event.count}] ${event.stage}: finished before, kept`);
      case 'step': {
        const part = Math.floor((event.step * PARTS) / event.totalSteps);
        if (part === told && event.step !== event.totalSteps) return;
        told = part;
        return write(stepLine(state, event.stage));
      }
      case 'gate':
        return write(
          `  ${event.stage} gate: ${event.metric} ${event.value.toFixed(3)}, asked ${event.atLeast}: ${event.action === 'train-on' ? `training on` : event.action}`,
        );
      case 'warning':
        return write(`warning ${event.code} (${event.stage}): ${event.message}`);
      case 'stopping':
        return write('finishing the running step, saving… (Ctrl-C again stops at once)');
      case 'stage-end': {
        const stage = state.stages.find((each) => each.name === event.stage);
        const summary = stage && stageSummary(stage);
        return write(
          `[${event.index + 1}/${state.stages.length}] ${event.stage}: done in ${duration(event.outcome.seconds)}${summary ? ` · ${summary}` : ''}`,
        );
      }
    }
  };
}

function stepLine(state: RunState, name: string): string {
  const stage = state.stages.find((each) => each.name === name)!;
  const figures = shownFigures(stage.metrics).map(({ label, text }) => `${label} ${text}`);
  const pace = tokensPerSecond(stage);
  const left = secondsLeft(stage);
  const timing = [pace !== undefined ? `${grouped(pace)} tokens/s` : '', left ? `${duration(left)} left` : ''];
  return `  ${name} ${grouped(stage.step)}/${grouped(stage.totalSteps ?? 0)} · ${[...figures, ...timing].filter(Boolean).join(' · ')}`;
}
