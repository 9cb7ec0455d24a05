import type { StageKind } from '@thinkwright/recipes';
import { recordedRun } from '@thinkwright/recipes/test';
import fc from 'fast-check';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { createPlainLines } from './plain-lines.ts';
import { renderRun } from './render-run.ts';
import { applyEvent, emptyRun } from './run-state.ts';
import { bar, fit, printable, sparkline, width } from './text.ts';

const frame = (columns: number, colored = false) => ({ columns, tick: 3, colors: picocolors.createColors(colored) });

/** The picture when `until` has come true for an event. */
function pictureAt(until: (type: string, stage?: string, step?: number) => boolean, columns = 100) {
  const state = emptyRun();
  for (const event of recordedRun()) {
    applyEvent(state, event);
    const { type, stage, step } = event as { type: string; stage?: string; step?: number };
    if (until(type, stage, step)) break;
  }
  return renderRun(state, frame(columns)).join('\n');
}

describe('the live picture', () => {
  it('shows stages, bar, figures with sparklines, time left, and a completion before and now', () => {
    const picture = pictureAt((type, stage, step) => type === 'rollout' && stage === 'grpo' && step === 35);
    expect(picture).toMatch(/✔ pretrain +250 steps +9\.8 s +loss 1\.\d+ · fact_accuracy 1\.00/);
    expect(picture).toMatch(/✔ before +256 problems +3\.1 s +think 23\.8 %, greedy 6\.6 % · no_think 9\.3 %/);
    expect(picture).toMatch(/grpo +━+╸?─+ +50 % {2}35\/70 {2}16 s left/);
    expect(picture).toMatch(/○ after/);
    expect(picture).toMatch(/reward +\d\.\d+ {2}[▁▂▃▄▅▆▇█]{20}/);
    expect(picture).toMatch(/tokens a second +3[12],\d{3}/);
    expect(picture).toMatch(/before +[✔✘] 4\+7\*3-8 +<think>/);
    expect(picture).toMatch(/now +4\+7\*3-8 +<think>/);
  });

  it('ends with what was learned', () => {
    const picture = pictureAt(() => false);
    expect(picture).toMatch(/✔ after .*think 95\.7 %, greedy 100\.0 %/);
    expect(picture).toMatch(/after +✔ 4\+7\*3-8 +<think>4\+7=1\*3=3-8=5<\/think>/);
  });

  it.each([40, 60, 80, 200])('keeps every line within %i columns, with colours or without', (columns) => {
    const state = emptyRun();
    for (const event of recordedRun('/runs/x', 50)) {
      applyEvent(state, event);
      for (const colored of [false, true])
        for (const line of renderRun(state, frame(columns, colored))) expect(width(line)).toBeLessThan(columns);
    }
  });

  it('says that a stop was heard', () => {
    const state = emptyRun();
    state.stopping = true;
    expect(renderRun(state, frame(100)).join('\n')).toContain('finishing the running step, saving…');
  });

  it('lets no escape sequence of a model through', () => {
    const state = emptyRun();
    state.before = { prompt: '\u001b[2J', mode: 'think', text: 'a\u001b]0;title\u0007b\r\nc\u009b31m' };
    expect(renderRun(state, frame(100)).join('')).not.toMatch(/[\u001b\u0007\u009b\r]/);
  });
});

describe('plain lines', () => {
  it('tell a run in a few dozen lines', () => {
    const lines: string[] = [];
    const write = createPlainLines((line) => lines.push(line));
    for (const event of recordedRun()) write(event);
    expect(lines[0]).toBe('A tiny model learns to think · seed 1 · native: AVX2+FMA, 2 threads');
    expect(lines.length).toBeLessThan(85);
    expect(lines).toContain('[4/5] grpo: started, 70 steps');
    expect(lines).toContain('  pretrain gate: fact_accuracy 1.000, asked 0.95: passed');
    expect(lines.find((line) => line.startsWith('  grpo 35/70'))).toMatch(
      /reward 1\.\d+ · accuracy 9\d % · entropy 0\.\d+ · operations per line 1\.\d+ · thinking length 1\d\.?\d* · 3\d,\d{3} tokens\/s · 16 s left/,
    );
    expect(lines.join('\n')).not.toMatch(/\u001b|NaN|undefined/);
  });
});

describe('the figures of a stage', () => {
  const plainLine = (kind: StageKind, metrics: Record<string, number>) => {
    const stages = [{ name: 's', kind, hash: '', folder: '', state: 'new' as const }];
    const lines: string[] = [];
    const write = createPlainLines((line) => lines.push(line));
    write({ type: 'run-start', folder: '/r', recipe: 'r', seed: 1, device: 'd', stages });
    write({ type: 'stage-start', stage: 's', kind, index: 0, count: 1, resumed: false, totalSteps: 4 });
    write({ type: 'measured', stage: 's', step: 1, metrics: {}, seconds: 0 });
    write({ type: 'step', stage: 's', step: 4, totalSteps: 4, metrics, tokens: 0, seconds: 0 });
    const end = { steps: 4, seconds: 1, tokens: 0, metrics };
    write({ type: 'stage-end', stage: 's', kind, index: 0, outcome: end });
    return lines.slice(-2).map((line) => line.replace(/^[^·]*· /, ''));
  };
  const learnt = { loss: 1e-9, grad_norm: 0.5, learning_rate: 1e-3, entropy: 1.25 };

  it.each<[StageKind, Record<string, number>, string, string]>([
    [
      'rl',
      { ...learnt, reward: 0.4, 'rewards/accuracy/mean': 0.38, frac_reward_zero_std: 0.25 },
      'reward 0.4 · accuracy 38 % · entropy 1.25 · grad 0.5 · signal 75 % · loss 1.0e-9',
      'reward 0.4 · accuracy 38 %',
    ],
    [
      'ppo',
      { ...learnt, 'loss/policy_avg': 0, 'policy/entropy_avg': 1.25, reward: 0.4, 'objective/scores': 0.4 },
      'reward 0.4 · entropy 1.25 · grad 0.5 · loss 1.0e-9',
      'reward 0.4',
    ],
    [
      'rejection-sampling',
      { ...learnt, reward: 0.4, sampled_accuracy: 0.5, operations_per_line: 1.5 },
      'reward 0.4 · accuracy 50 % · entropy 1.25 · grad 0.5 · operations per line 1.50 · loss 1.0e-9',
      'reward 0.4 · accuracy 50 %',
    ],
    [
      'preference',
      { ...learnt, reward: 0.4, 'rewards/accuracies': 0.75, 'rewards/margins': 2, frac_reward_zero_std: 0 },
      'reward 0.4 · pair accuracy 75 % · entropy 1.25 · grad 0.5 · signal 100 % · loss 1.0e-9',
      'reward 0.4 · pair accuracy 75 %',
    ],
    [
      'preference',
      { ...learnt, loss: 0.6, 'rewards/accuracies': 0.75, 'rewards/margins': 2 },
      'loss 0.6 · pair accuracy 75 % · margin 2 · entropy 1.25 · grad 0.5',
      'loss 0.6 · pair accuracy 75 % · margin 2',
    ],
    [
      'sft',
      { ...learnt, loss: 2.5, mean_token_accuracy: 0.5 },
      'loss 2.5 · token accuracy 50 % · entropy 1.25 · grad 0.5',
      'loss 2.5 · token accuracy 50 %',
    ],
    ['pretrain', { loss: 2.5, grad_norm: 1, fact_accuracy: 0.5 }, 'loss 2.5 · grad 1 · facts known 50 %', 'loss 2.5'],
    [
      'reward-model',
      { loss: 0.6, grad_norm: 1, accuracy: 0.8, margin: 0.3, mean_reward: 0 },
      'loss 0.6 · accuracy 80 % · margin 0.3 · grad 1',
      'loss 0.6 · accuracy 80 % · margin 0.3',
    ],
  ])('%s: %j', (kind, metrics, step, summary) => {
    expect(plainLine(kind, metrics)).toEqual([step, summary]);
  });

  it('draws the share of groups with signal, not of those without', () => {
    const state = emptyRun();
    const stages = [{ name: 's', kind: 'rl' as const, hash: '', folder: '', state: 'new' as const }];
    applyEvent(state, { type: 'run-start', folder: '/r', recipe: 'r', seed: 1, device: 'd', stages });
    applyEvent(state, {
      type: 'stage-start',
      stage: 's',
      kind: 'rl',
      index: 0,
      count: 1,
      resumed: false,
      totalSteps: 4,
    });
    for (const [i, zero] of [0.9, 0.5, 0.1].entries()) {
      const metrics = { reward: 1, loss: 0, frac_reward_zero_std: zero };
      applyEvent(state, { type: 'step', stage: 's', step: i + 1, totalSteps: 4, metrics, tokens: 0, seconds: 0 });
    }
    const lines = renderRun(state, frame(100));
    const at = (label: string) => lines.findIndex((line) => line.trim().startsWith(label));
    expect(lines[at('signal')]).toMatch(/signal +90 % {2}▁[▃▄▅]█/);
    expect(at('reward')).toBeLessThan(at('loss'));
    expect(at('signal')).toBeLessThan(at('loss'));
  });
});

describe('terminal text', () => {
  it('fits into its columns whatever it is, keeping what fits already', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        const clean = printable(text);
        expect(width(fit(clean, columns))).toBeLessThanOrEqual(columns);
        if (width(clean) <= columns) expect(fit(clean, columns)).toBe(clean);
      }),
    );
    expect(fit('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[0m');
  });

  it('draws bars of constant length', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), fc.integer({ min: 1, max: 50 }), (share, columns) => {
        const { done, rest } = bar(share, columns);
        expect(width(done + rest)).toBe(columns);
      }),
    );
  });

  it('draws sparklines from the lowest to the highest block', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([5, 5, 5], 10)).toBe('▄▄▄');
    expect(sparkline([1, Number.NaN, 9], 10)).toBe('▁█');
    expect(sparkline([], 10)).toBe('');
    expect(
      sparkline(
        Array.from({ length: 1000 }, (_, index) => index),
        20,
      ),
    ).toHaveLength(20);
  });
});
