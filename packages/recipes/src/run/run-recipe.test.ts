import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import { createFakeExecutors, fakeMachine } from '../test/fake-executors.ts';
import type { RunEvent } from './events.ts';
import { type RunRecipeOptions, runRecipe } from './run-recipe.ts';

const text = `name: fake
model: { path: nowhere }
data: { name: last-digit-chains }
stages:
  - { name: base, kind: pretrain, options: { max_steps: 7 } }
  - { name: tune, kind: sft, options: { max_steps: 10 }, gate: { metric: weights, at_least: 2, train_on: 2 } }
  - { name: before, kind: evaluate }
  - { name: grpo, kind: rl, method: grpo, options: { max_steps: 5 } }
  - { name: star, kind: rejection-sampling, method: star, options: { max_steps: 4 } }
  - { name: after, kind: evaluate }
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'run-'));
  return () => rmSync(root, { recursive: true, force: true });
});

function start(
  options: Partial<RunRecipeOptions> & {
    set?: string[];
    method?: string;
    hooks?: Parameters<typeof createFakeExecutors>[0];
  } = {},
) {
  const { set, method, hooks, ...run } = options;
  const executors = createFakeExecutors(hooks);
  const events: RunEvent[] = [];
  const done = runRecipe(parseRecipe(text, 'fake.yaml', { set, method }), {
    folder: join(root, 'run'),
    executors,
    machine: fakeMachine,
    onEvent: (event) => events.push(event),
    ...run,
  });
  return { done, events, executors };
}

/** A result without what may differ between runs that do the same. */
const figures = (folder: string) => {
  const { seconds, totalSeconds, checkpoint, ...rest } = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  return {
    ...rest,
    weights: readFileSync(join(checkpoint, 'weights.txt'), 'utf8'),
    stageNames: Object.keys(seconds),
    timed: Number.isFinite(totalSeconds) && totalSeconds >= 0,
  };
};
const kinds = (events: RunEvent[]) =>
  events.flatMap((event) =>
    event.type.startsWith('stage') ? [`${event.type} ${(event as { stage: string }).stage}`] : [],
  );

describe('a run', () => {
  it('does its stages in order and leaves plain files', async () => {
    const { done, events } = start();
    const summary = await done;
    expect(summary.status).toBe('finished');
    expect(kinds(events).filter((each) => each.startsWith('stage-end'))).toEqual(
      ['base', 'tune', 'before', 'grpo', 'after'].map((name) => `stage-end ${name}`),
    );
    expect(readdirSync(summary.folder).sort()).toEqual([
      'events.jsonl',
      'report.html',
      'result.json',
      'run.json',
      'run.yaml',
      'stages',
    ]);
    const result = figures(summary.folder);
    expect(result).toMatchObject({ recipe: 'fake', method: 'grpo', seed: 1, device: { name: 'fake' }, timed: true });
    expect(result.before.think.sampled).not.toBe(result.after.think.sampled);
    expect(result.stages.find((stage: { name: string }) => stage.name === 'tune').gate).toMatchObject({
      metric: 'weights',
      passed: true,
    });
    const lines = readFileSync(
      join(summary.folder, 'stages', readdirSync(join(summary.folder, 'stages'))[0]!, 'metrics.jsonl'),
      'utf8',
    )
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(parseRecipe(readFileSync(join(summary.folder, 'run.yaml'), 'utf8'), 'run.yaml').stages).toHaveLength(5);
  });

  it('gives the same result after an abort at any step, and does not repeat finished stages', async () => {
    const whole = figures((await start({ folder: join(root, 'whole') }).done).folder);
    for (const stopAt of ['base:1', 'base:5', 'tune:1', 'tune:9', 'grpo:1', 'grpo:4']) {
      const folder = join(root, stopAt.replace(':', '-'));
      const controller = new AbortController();
      const first = start({
        folder,
        signal: controller.signal,
        hooks: { beforeStep: (stage, step) => (`${stage}:${step}` === stopAt ? controller.abort() : undefined) },
      });
      expect(await first.done).toMatchObject({ status: 'aborted' });
      expect(first.events.at(-1)).toMatchObject({ type: 'run-end', status: 'aborted' });
      const second = start({ folder });
      await second.done;
      expect(figures(folder)).toEqual(whole);
      const repeated = second.executors.trained.filter((step) => first.executors.trained.includes(step));
      expect(repeated).toEqual([]);
    }
  });

  it('repeats after a kill only what came after the last checkpoint, and its files end the same', async () => {
    const whole = (await start({ folder: join(root, 'whole') }).done).folder;
    const folder = join(root, 'killed');
    const killed = start({
      folder,
      hooks: {
        beforeStep: (stage, step) => {
          if (`${stage}:${step}` === 'tune:9') throw new Error('killed');
        },
      },
    });
    await expect(killed.done).rejects.toThrow('killed');
    const again = start({ folder });
    await again.done;
    expect(again.executors.trained.filter((step) => step.startsWith('base'))).toEqual([]);
    expect(again.executors.trained.filter((step) => step.startsWith('tune'))[0]).toBe('tune:7');
    expect(figures(folder)).toEqual(figures(whole));
    const steps = (run: string) =>
      readdirSync(join(run, 'stages')).map((name) =>
        existsSync(join(run, 'stages', name, 'metrics.jsonl'))
          ? readFileSync(join(run, 'stages', name, 'metrics.jsonl'), 'utf8').replace(/"(seconds|elapsed)":[\d.]+/g, '')
          : '',
      );
    expect(steps(folder)).toEqual(steps(whole));
  });

  it('runs again only what a changed recipe touches, and says so', async () => {
    const { folder } = await start().done;
    const again = start({ policy: 'resume', set: ['grpo.max_steps=6'] });
    await again.done;
    expect(again.executors.trained).toEqual([1, 2, 3, 4, 5, 6].map((step) => `grpo:${step}`));
    expect(again.events.find((event) => event.type === 'warning')).toMatchObject({
      code: 'TW_RECIPES_CHANGED',
      message: expect.stringContaining('"grpo"'),
    });
    expect(readdirSync(join(folder, 'stages')).filter((name) => name.includes('grpo'))).toHaveLength(2);
    const star = start({ policy: 'resume', method: 'star' });
    await star.done;
    expect(star.executors.trained.every((step) => step.startsWith('star'))).toBe(true);
  });

  it('moves a finished run aside and starts anew; its result still finds its model', async () => {
    const first = await start().done;
    const second = start();
    await second.done;
    expect(second.executors.trained.length).toBeGreaterThan(0);
    expect(second.events.find((event) => event.type === 'warning')).toMatchObject({ code: 'TW_RECIPES_MOVED_ASIDE' });
    const moved = JSON.parse(readFileSync(`${first.folder}.1/result.json`, 'utf8'));
    expect(moved.checkpoint.startsWith(`${first.folder}.1/`)).toBe(true);
    expect(existsSync(moved.checkpoint)).toBe(true);
  });

  it('continues an unfinished run of the same recipe, but not of another seed', async () => {
    const controller = new AbortController();
    await start({
      signal: controller.signal,
      hooks: { beforeStep: (stage) => (stage === 'grpo' ? controller.abort() : undefined) },
    }).done;
    const other = start({ set: ['seed=2'] });
    await other.done;
    expect(other.executors.trained).toContain('base:1');
    expect(existsSync(join(root, 'run.1'))).toBe(true);
  });

  it('refuses a folder that is no run, or that a living process uses', async () => {
    mkdirSync(join(root, 'run'));
    writeFileSync(join(root, 'run', 'thesis.txt'), 'precious');
    await expect(start().done).rejects.toMatchObject({ code: 'TW_RECIPES_FOLDER_EXISTS' });
    expect(readFileSync(join(root, 'run', 'thesis.txt'), 'utf8')).toBe('precious');
    const busy = join(root, 'busy');
    mkdirSync(busy);
    writeFileSync(join(busy, 'run.lock'), String(process.ppid));
    await expect(start({ folder: busy }).done).rejects.toMatchObject({ code: 'TW_RECIPES_FOLDER_BUSY' });
  });

  it('warns when a gate is missed, or stops if the recipe says so', async () => {
    const lenient = start({ folder: join(root, 'lenient'), set: ['tune.gate.at_least=1e9'] });
    await lenient.done;
    expect(lenient.events).toContainEqual(
      expect.objectContaining({ type: 'warning', stage: 'tune', code: 'TW_RECIPES_GATE' }),
    );
    expect(lenient.executors.trained).toContain('tune:20');
    await expect(
      start({ folder: join(root, 'strict'), set: ['tune.gate.at_least=1e9', 'tune.gate.otherwise=stop'] }).done,
    ).rejects.toMatchObject({ code: 'TW_RECIPES_GATE' });
  });
});
