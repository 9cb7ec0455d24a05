// The story of a run in sentences computed from its numbers. Every sentence is earned by a comparison: what did not happen is said too.

import type { ModeFigures as Figures } from '../run/events.ts';
import type { RunResult } from '../run/result.ts';
import { duration, percent } from './numbers.ts';

/** Figures that were all measured: only those make a story. */
type ModeFigures = Figures & Record<'greedy' | 'sampled' | 'passAt8' | 'obeyed' | 'tokens', number>;

const isWhole = (figures: Figures | undefined): figures is ModeFigures =>
  figures !== undefined &&
  [figures.greedy, figures.sampled, figures.passAt8, figures.obeyed, figures.tokens].every((value) => value !== null);

export interface StoryParagraph {
  heading: string;
  text: string;
}

/** Chance of a blind guess, for tasks whose answer is one of a few. */
const guessRate: Record<string, number> = { 'last-digit-chains': 0.1 };

/** Paragraphs for the report and the terminal's last words. Empty when the run has no evaluation. */
export function storyOf(result: RunResult): StoryParagraph[] {
  const then = { think: whole(result.before?.think), noThink: whole(result.before?.noThink) };
  const now = { think: whole(result.after?.think), noThink: whole(result.after?.noThink) };
  const main = now.think ?? now.noThink;
  if (!main) return [];
  const paragraphs = [
    outcome(
      result,
      now.think ? then.think : then.noThink,
      main,
      now.think ? 'when it thinks first' : 'without thinking',
    ),
  ];
  if (then.think && now.think) {
    const emerged = whatEmerged(then.think, now.think, result.task);
    if (emerged) paragraphs.push(emerged);
    paragraphs.push(passAtK(then.think, now.think, result.samplesPerProblem ?? 8));
  }
  if (now.think && now.noThink) paragraphs.push(withoutThinking(result, then.noThink, now.noThink));
  return paragraphs;
}

const whole = (figures: Figures | undefined): ModeFigures | undefined => (isWhole(figures) ? figures : undefined);

/** True when the two 95 % intervals do not touch (a cautious reading: not touching means a clear difference). */
function clearlyDifferent(key: string, before: ModeFigures, after: ModeFigures): boolean {
  const a = before.intervals?.[key];
  const b = after.intervals?.[key];
  return a !== undefined && b !== undefined && (a[1] < b[0] || b[1] < a[0]);
}

function outcome(
  { problems, totalSeconds, stages }: RunResult,
  then: ModeFigures | undefined,
  now: ModeFigures,
  words: string,
): StoryParagraph {
  const held = problems ? ` (${problems} problems it has never seen)` : '';
  if (!then)
    return {
      heading: 'What came out',
      text: `On held-out problems${held} a sampled answer ${words} is right ${percent(now.sampled)} of the time, the greedy one ${percent(now.greedy)}.`,
    };
  const rl = stages.find((stage) => ['rl', 'ppo', 'rejection-sampling'].includes(stage.kind));
  const by = rl
    ? ` ${rl.kind === 'rl' ? `${rl.steps} steps of reinforcement learning` : `rounds of rejection sampling`} on nothing but a verifier's verdict`
    : ' The last stages';
  const gain = now.sampled - then.sampled;
  const change =
    Math.abs(gain) < 0.005
      ? `left it where it was: ${percent(then.sampled)} before, ${percent(now.sampled)} after`
      : `${gain > 0 ? 'raised' : 'lowered'} it from ${percent(then.sampled)} to ${percent(now.sampled)} (greedy: ${percent(then.greedy)} to ${percent(now.greedy)})`;
  const sure = clearlyDifferent('sampled', then, now)
    ? 'The 95 % intervals are far from touching.'
    : 'The 95 % intervals overlap: read it with care.';
  return {
    heading: 'What happened',
    text: `Before, a sampled answer on held-out problems${held} was right ${percent(then.sampled)} of the time ${words}.${by} ${change}. ${sure} All stages together took ${duration(totalSeconds)}.`,
  };
}

function whatEmerged(before: ModeFigures, after: ModeFigures, task?: string): StoryParagraph | undefined {
  const from = before.operationsPerLine;
  const to = after.operationsPerLine;
  const longer = after.tokens / before.tokens - 1;
  const length = `Thinking ${Math.abs(longer) < 0.02 ? 'kept its length' : longer > 0 ? `grew by ${percent(longer, 0)}` : `shrank by ${percent(-longer, 0)}`} (${before.tokens.toFixed(1)} to ${after.tokens.toFixed(1)} tokens)`;
  if (task === 'last-digit-chains' && from != null && to != null) {
    const habit =
      to < from - 0.1
        ? `Its teacher skipped steps, and so did the model: ${from.toFixed(2)} operations on a line. Nobody told it to stop; the reward looks only at the answer and the tags. Yet operations per line fell to ${to.toFixed(2)}: it learned to write ${to < 1.03 ? 'every step' : 'more of its steps'} down, because that is what makes answers come out right.`
        : `The teacher's habit of skipping steps stayed: ${from.toFixed(2)} operations on a line before, ${to.toFixed(2)} after.`;
    const reason =
      longer > 0.02 && to < from - 0.1 ? ': length grows because it pays, and stops when every step is written.' : '.';
    return { heading: 'What emerged', text: `${habit} ${length}${reason}` };
  }
  return Number.isFinite(longer) ? { heading: 'What changed in its thinking', text: `${length}.` } : undefined;
}

function passAtK(before: ModeFigures, after: ModeFigures, samples: number): StoryParagraph {
  const could = before.passAt8;
  const does = after.sampled;
  const gap = before.passAt8 - before.sampled;
  const sharpened = gap > 0.2 && does > before.sampled + 0.1;
  const reading = sharpened
    ? `So the ability was there; what the reward taught is to choose it every time. Call it sharpening, not a new ability.`
    : `The gap between one try and ${samples} is what a reward could still close.`;
  return {
    heading: `What pass@${samples} says`,
    text: `Before the reward, at least one of ${samples} tries was right on ${percent(could)} of the problems, though a single try was right on only ${percent(before.sampled)}. After it, a single try is right on ${percent(does)} and one of ${samples} on ${percent(after.passAt8)}. ${reading}`,
  };
}

function withoutThinking(
  { task, samplesPerProblem = 8 }: RunResult,
  before: ModeFigures | undefined,
  after: ModeFigures,
): StoryParagraph {
  const guess = task === undefined ? undefined : guessRate[task];
  const change = before ? `${percent(before.sampled)} before, ${percent(after.sampled)} after` : percent(after.sampled);
  if (guess === undefined)
    return {
      heading: 'Without thinking',
      text: `Asked not to think, a sampled answer is right ${change}. It obeys the mode ${percent(after.obeyed)} of the time.`,
    };
  const near = Math.abs(after.sampled - guess) < 0.07;
  const lucky = 1 - (1 - guess) ** samplesPerProblem;
  const level = near
    ? `the level of a blind guess (${percent(guess, 0)})`
    : `against ${percent(guess, 0)} for a blind guess`;
  const warning = near
    ? ` And yet its pass@${samplesPerProblem} is ${percent(after.passAt8)}: ${samplesPerProblem} blind guesses would reach ${percent(lucky)}. A warning to read pass@k with care.`
    : '';
  return {
    heading: 'Without thinking',
    text: `Asked to answer at once, it is right ${change}: ${level}. The steps on paper do the work. It obeys the mode ${percent(after.obeyed)} of the time.${warning}`,
  };
}
