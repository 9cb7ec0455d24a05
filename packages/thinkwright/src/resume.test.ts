// Kill -9, Ctrl-C and SIGTERM at random moments of a tiny quickstart: what is resumed ends exactly as what was never stopped.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint, repository, runCli } from './test/run-cli.ts';

const recipe = join(repository, 'examples', 'quickstart', 'tiny.yaml');
const root = mkdtempSync(join(tmpdir(), 'thinkwright-resume-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (folder: string, ...rest: string[]) => ['run', recipe, '--folder', folder, ...rest];
let whole: Record<string, unknown>;
beforeAll(async () => {
  const { status, stderr } = await runCli(run(join(root, 'whole')));
  expect(status, stderr).toBe(0);
  whole = fingerprint(join(root, 'whole'));
}, 300_000);

/** Starts, waits until stderr shows `sign`, then a random moment, and sends `signal`. */
async function stopAt(folder: string, sign: RegExp, signal: NodeJS.Signals, spread: number, args: string[] = []) {
  let sent = false;
  const delay = Math.random() * spread;
  const done = await runCli(run(folder, ...args), {
    onStderr(text, child) {
      if (sent || !sign.test(text)) return;
      sent = true;
      setTimeout(() => child.kill(signal), delay);
    },
  });
  return { ...done, delay };
}

describe('kill -9', () => {
  it('in every stage, again and again, changes nothing', async () => {
    const folder = join(root, 'killed');
    const moments: [RegExp, number][] = [
      [/pretrain \d+\/\d+/, 60],
      [/sft \d+\/\d+/, 250],
      [/before: started/, 100],
      [/grpo: (started|resuming)/, 150],
      [/grpo [3-8]\/8/, 60],
      [/after: started/, 60],
    ];
    const log: string[] = [];
    let killed = 0;
    for (const [sign, spread] of moments) {
      const { signal, delay } = await stopAt(folder, sign, 'SIGKILL', spread, ['--resume']);
      if (signal === 'SIGKILL') killed++;
      log.push(`${sign} +${delay.toFixed(0)} ms: ${signal ?? 'finished before'}`);
    }
    expect(killed, log.join('\n')).toBeGreaterThanOrEqual(4);
    const last = await runCli(run(folder, '--resume'));
    expect(last.status, last.stderr).toBe(0);
    expect(fingerprint(folder), log.join('\n')).toEqual(whole);
  }, 300_000);
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, status) => {
  it('is acknowledged, saves, says how to go on, and the run goes on exactly', async () => {
    const folder = join(root, signal);
    const stopped = await stopAt(folder, /sft \d+\/\d+/, signal, 100);
    expect(stopped.status, stopped.stderr).toBe(status);
    expect(stopped.stderr).toContain('finishing the running step, saving…');
    const resume = /To go on: (.*)$/m.exec(stopped.stderr)?.[1];
    expect(resume).toMatch(/thinkwright run .*tiny\.yaml --folder .* --resume$/);
    const again = await runCli(resume!.split(' ').slice(2));
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toMatch(/pretrain: finished before, kept/);
    expect(again.stderr).toMatch(/sft: resuming/);
    expect(fingerprint(folder)).toEqual(whole);
  }, 300_000);
});

it('ends as interrupted, not as failed, before the first step', async () => {
  const folder = join(root, 'early');
  const stopped = await stopAt(folder, /run folder:/, 'SIGINT', 0);
  expect(stopped.status, stopped.stderr).toBe(130);
  expect(stopped.stderr).not.toContain('error');
  expect(stopped.stderr).toMatch(/To go on: .* --resume$/m);
  const again = await runCli(run(folder, '--resume'));
  expect(again.status, again.stderr).toBe(0);
  expect(fingerprint(folder)).toEqual(whole);
}, 300_000);

it('stops at once at the second Ctrl-C', async () => {
  let presses = 0;
  const done = await runCli(run(join(root, 'twice')), {
    onStderr(text, child) {
      if (presses === 0 && /sft \d+\/\d+/.test(text)) {
        presses = 1;
        child.kill('SIGINT');
      } else if (presses === 1 && text.includes('finishing the running step')) {
        presses = 2;
        child.kill('SIGINT');
      }
    },
  });
  expect(done.status).toBe(130);
});

it('gives with `eval` the very figures of the result', async () => {
  const { checkpoint, after, problems } = JSON.parse(readFileSync(join(root, 'whole', 'result.json'), 'utf8'));
  const args = ['eval', checkpoint, '--task', 'last-digit-chains', '--limit', String(problems), '--json'];
  const { status, stdout, stderr } = await runCli(args);
  expect(status, stderr).toBe(0);
  const { think, noThink } = JSON.parse(stdout);
  expect({ think, noThink }).toEqual(after);
});
