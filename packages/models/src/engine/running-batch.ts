// The batch of an engine: all `generate` calls that are under way decode in it together. A call joins as soon as its sequences
// fit beside those that run (the cache grows for it within its budget), otherwise when these have ended, in the order of
// arrival. Each call has its own stream, signal and end; the cache lives from the first call to the end of the last.

import { setImmediate } from 'node:timers/promises';
import { createKeyValueCache, currentDevice, type KeyValueCache } from '@thinkwright/tensors';
import type { LanguageModel } from '../language-model.ts';
import { type CacheLimits, type CachePlan, planCache } from './cache-plan.ts';
import type { Call } from './call.ts';
import { DecodeStep, type SampledStep } from './decode-step.ts';
import { admitToCache, PREFILL_IDS } from './prefill.ts';
import { type Row, Schedule, toTrajectory, unsampled } from './schedule.ts';

export interface BatchOptions {
  maxBatch: number;
  maxCacheBytes: number;
  capture: boolean;
  hitsStopString: (row: Row) => boolean;
}

/** Longest time that sampling keeps timers and signals waiting. */
const BREATH_MILLISECONDS = 10;

/** What exists only while calls are under way. */
interface Running {
  schedule: Schedule;
  cache: KeyValueCache;
  step: DecodeStep;
  /** Captured steps read the weights of then. */
  weightVersion: number;
  adapter: LanguageModel['adapter'];
}

/** A step that runs on the device: while no row can join, the next one is launched before its ids are known here. */
interface InFlight {
  rows: readonly Row[];
  sampled: Promise<SampledStep>;
}

export class RunningBatch {
  readonly #model: LanguageModel;
  readonly #options: BatchOptions;
  /** Not in the schedule yet, in the order of arrival. */
  #waiting: Call[] = [];
  readonly #calls = new Set<Call>();
  /** Calls with nothing left to sample: told so when the batch goes on, or when its memory is free. */
  #finished: Call[] = [];
  #running: Running | undefined;
  #ended: Promise<void> | undefined;
  #lastBreath = 0;

  constructor(model: LanguageModel, options: BatchOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** What a cache may take on the device of now. */
  limits(): CacheLimits {
    const { maxBatch, maxCacheBytes, capture } = this.#options;
    const spareSlots = capture && currentDevice().captureGraph ? 1 : 0;
    return { maxBatch, maxCacheBytes, spareSlots, storage: this.#model.keyValueCache };
  }

  join(call: Call): void {
    this.#waiting.push(call);
    this.#ended ??= this.#run();
  }

  /** Ends what is left of a call; resolves when nothing of it is held any more. */
  async leave(call: Call): Promise<void> {
    this.#waiting = this.#waiting.filter((one) => one !== call);
    this.#calls.delete(call);
    this.#running?.schedule.remove(call);
    if (this.#calls.size === 0 && this.#waiting.length === 0) await this.#ended;
  }

  async #run(): Promise<void> {
    await setImmediate(); // calls made in the same turn are planned together
    let failure: unknown;
    let inFlight: InFlight | undefined;
    try {
      for (;;) {
        this.#endAborted();
        this.#seatCalls();
        if (this.#calls.size === 0) break;
        this.#endFinished();
        if (performance.now() - this.#lastBreath > BREATH_MILLISECONDS) {
          await setImmediate();
          this.#lastBreath = performance.now();
        }
        inFlight = await this.#step(this.#running!, inFlight);
      }
    } catch (error) {
      failure = error;
    }
    this.#running?.step.dispose();
    this.#running?.cache.dispose();
    this.#running = undefined;
    this.#ended = undefined;
    this.#endFinished();
    for (const call of [...this.#calls, ...this.#waiting]) call.end(failure);
    this.#calls.clear();
    this.#waiting = [];
  }

  async #step({ schedule, cache, step }: Running, inFlight: InFlight | undefined): Promise<InFlight | undefined> {
    let current = inFlight;
    if (!current) {
      admitToCache(this.#model, cache, schedule.admit(PREFILL_IDS));
      if (schedule.rows.length === 0) return undefined;
      current = { rows: schedule.rows, sampled: step.run(schedule.rows) };
    }
    const { rows, sampled } = current;
    const next = !schedule.isWaiting && rows === schedule.rows ? step.repeat() : undefined;
    next?.catch(() => {}); // told when it is awaited; after a failure or the last row nobody awaits it
    const { ids, logProbs } = await sampled;
    const live = rows.filter(({ ended }) => !ended);
    const finished = schedule.accept(rows, ids, logProbs);
    for (const row of live) this.#stream(row);
    for (const { row, finish } of finished) {
      const call = row.owner as Call;
      call.put(toTrajectory(row, finish, call.weightVersion));
    }
    for (const call of this.#calls) if (!schedule.has(call)) this.#finish(call);
    return next && { rows, sampled: next };
  }

  /** A listener that throws ends its own call. */
  #stream({ owner, request, sample, nextId }: Row): void {
    const call = owner as Call;
    if (!this.#calls.has(call)) return;
    try {
      call.options.onTokens?.({ key: request.key, sample, ids: [nextId] });
    } catch (error) {
      this.#running!.schedule.remove(call);
      this.#calls.delete(call);
      call.end(error);
    }
  }

  #finish(call: Call): void {
    this.#calls.delete(call);
    this.#finished.push(call);
  }

  #endFinished(): void {
    for (const call of this.#finished) call.end();
    this.#finished = [];
  }

  #endAborted(): void {
    const aborted = (call: Call) => call.options.signal?.aborted === true;
    for (const call of [...this.#calls].filter(aborted)) {
      for (const row of this.#running!.schedule.remove(call)) call.put(toTrajectory(row, 'abort', call.weightVersion));
      this.#finish(call);
    }
    for (const call of this.#waiting.filter(aborted)) {
      for (const request of call.requests)
        for (let sample = 0; sample < request.samples; sample++)
          call.put(toTrajectory(unsampled(request, sample), 'abort', call.weightVersion));
      this.#finish(call);
    }
    this.#waiting = this.#waiting.filter((call) => !aborted(call));
  }

  /** Lets calls in, first come, first served, as far as the cache can hold them. */
  #seatCalls(): void {
    while (this.#waiting.length > 0) {
      const call = this.#waiting[0]!;
      const { config } = this.#model;
      const running = this.#calls.size > 0 ? this.#running : undefined;
      const now = running && {
        slots: running.schedule.slots,
        capacity: running.cache.capacity,
        unfinished: running.schedule.unfinished,
      };
      const plan = planCache(config, call.requests, this.limits(), now);
      if (!plan) return;
      const { schedule } = running ? this.#grow(running, plan) : this.#start(plan);
      schedule.add(call, call.requests);
      this.#calls.add(call);
      this.#waiting.shift();
    }
  }

  #start({ slots, capacity }: CachePlan): Running {
    this.#running?.step.dispose();
    this.#running?.cache.dispose();
    const { layerCount: layers, keyValueHeadCount, headDimension, maxPositions: context } = this.#model.config;
    const { spareSlots, storage } = this.limits();
    const shape = { layers, slots: spareSlots + slots, capacity, keyValueHeadCount, headDimension, storage };
    const cache = createKeyValueCache(shape);
    const schedule = new Schedule({ context, firstSlot: spareSlots, hitsStopString: this.#options.hitsStopString });
    schedule.growTo(slots);
    const step = new DecodeStep(this.#model, cache, spareSlots > 0 ? 0 : undefined);
    const { weightVersion, adapter } = this.#model;
    this.#running = { schedule, cache, step, weightVersion, adapter };
    return this.#running;
  }

  #grow(running: Running, { slots, capacity }: CachePlan): Running {
    const { schedule, cache, step } = running;
    const { weightVersion, adapter } = this.#model;
    const isLarger = slots > schedule.slots || capacity > cache.capacity;
    if (isLarger || weightVersion !== running.weightVersion || adapter !== running.adapter) step.forget();
    if (isLarger) cache.grow(cache.slots + slots - schedule.slots, capacity);
    schedule.growTo(slots);
    Object.assign(running, { weightVersion, adapter });
    return running;
  }
}
