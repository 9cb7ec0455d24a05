// One stage's files: stage.json (written when it is finished), metrics.jsonl, rollouts/, checkpoints/, model/. When a stage goes on
// from a checkpoint, lines and files of later steps are dropped first, so that they end as if nothing had happened.
// rollouts/ holds the completions of each generation twice: .jsonl for eyes and grep, .parquet for tools.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { completionsFile, saveCompletions } from '@thinkwright/trainers';
import type { RolloutRecord, StageOutcome, StepEvent } from './events.ts';
import { appendLine, readJson, readLines, storing, writeJson, writeWhole } from './storage.ts';

/** A line of metrics.jsonl. `elapsed`: seconds of work in the stage up to here, over all its runs. */
export interface MetricsLine {
  step: number;
  totalSteps: number;
  tokens: number;
  seconds: number;
  elapsed: number;
  metrics: Record<string, number>;
}

export class StageFolder {
  readonly folder: string;
  private elapsed = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  get checkpoints(): string {
    return join(this.folder, 'checkpoints');
  }
  get model(): string {
    return join(this.folder, 'model');
  }
  private get metricsFile(): string {
    return join(this.folder, 'metrics.jsonl');
  }
  private get rolloutFolder(): string {
    return join(this.folder, 'rollouts');
  }

  outcome(): StageOutcome | undefined {
    const stored = readJson<StageOutcome>(join(this.folder, 'stage.json'));
    return stored?.checkpoint === undefined
      ? stored
      : { ...stored, checkpoint: resolve(this.folder, stored.checkpoint) };
  }

  /** True when a killed or aborted run left something to go on from. */
  started(): boolean {
    return existsSync(this.checkpoints) && readdirSync(this.checkpoints).some((name) => /^checkpoint-\d+$/.test(name));
  }

  prepare(): void {
    storing(this.folder, () => mkdirSync(this.folder, { recursive: true }));
  }

  /** Drops what was logged after `step`, where the training goes on. */
  rewindTo(step: number): void {
    const kept = this.metrics().filter((line) => line.step <= step);
    this.elapsed = kept.at(-1)?.elapsed ?? 0;
    if (existsSync(this.metricsFile))
      writeWhole(this.metricsFile, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    if (!existsSync(this.rolloutFolder)) return;
    for (const name of readdirSync(this.rolloutFolder)) {
      if (Number(/^step-(\d+)\.(jsonl|parquet)/.exec(name)?.[1] ?? 0) > step) rmSync(join(this.rolloutFolder, name));
    }
  }

  record(event: StepEvent): void {
    this.elapsed += event.seconds;
    const { step, totalSteps, tokens, seconds, metrics } = event;
    appendLine(this.metricsFile, {
      step,
      totalSteps,
      tokens,
      seconds,
      elapsed: this.elapsed,
      metrics,
    } satisfies MetricsLine);
  }

  recordMeasured(
    { step, metrics, seconds }: { step: number; metrics: Record<string, number>; seconds: number },
    totalSteps: number,
  ): void {
    this.elapsed += seconds;
    appendLine(this.metricsFile, {
      step,
      totalSteps,
      tokens: 0,
      seconds,
      elapsed: this.elapsed,
      metrics,
    } satisfies MetricsLine);
  }

  /** Seconds of work in the stage, over all its runs. */
  get seconds(): number {
    return this.elapsed;
  }

  recordRollouts(step: number, records: RolloutRecord[]): void {
    storing(this.rolloutFolder, () => saveCompletions(this.rolloutFolder, step, records));
  }

  metrics(): MetricsLine[] {
    return readLines<MetricsLine>(this.metricsFile);
  }

  rolloutSteps(): number[] {
    if (!existsSync(this.rolloutFolder)) return [];
    return readdirSync(this.rolloutFolder)
      .flatMap((name) => Number(/^step-(\d+)\.jsonl$/.exec(name)?.[1] ?? Number.NaN) || [])
      .sort((a, b) => a - b);
  }

  rollouts(step: number): RolloutRecord[] {
    return readLines<RolloutRecord>(completionsFile(this.rolloutFolder, step, 'jsonl'));
  }

  finish(outcome: StageOutcome): void {
    const checkpoint = outcome.checkpoint && relative(this.folder, outcome.checkpoint); // a run folder may be moved
    writeJson(join(this.folder, 'stage.json'), { ...outcome, checkpoint });
    rmSync(this.checkpoints, { recursive: true, force: true }); // the finished model is in model/; these were for resuming
  }
}
