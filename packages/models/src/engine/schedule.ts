// Continuous batching without tensors: which sample sits in which slot, what must be computed before it can decode, and
// when it ends. A finished row leaves at once and another sample takes its slot, of the call that has the fewest rows: calls
// share the batch evenly, whatever their size. A prompt is prefilled once for its group and copied, at most so many ids at a
// time, so that rows which decode wait little for long prompts; its last id is left to the first decoding step, so that every
// sample starts as an ordinary row.

import type { FinishReason, RolloutRequest, Trajectory } from '@thinkwright/rollouts';
import { hashKey } from '@thinkwright/tensors';

/** Whoever added requests: samples are shared out and removed by it. Compared by identity. */
export type Owner = object;

/** A request of one call. Slots are shared between its samples only: the same ids in another call may meet other weights. */
interface Prompt {
  owner: Owner;
  request: RolloutRequest;
}

/** A sample that is being decoded. */
export interface Row {
  owner: Owner;
  request: RolloutRequest;
  sample: number;
  slot: number;
  /** The id to feed next, and its position. */
  nextId: number;
  nextPosition: number;
  /** Randomness of this sample: a hash of the request's key and the sample number. */
  randomKey: number;
  ids: number[];
  logProbs: number[];
  /** It has left; results of a step that was launched before are not its own any more. */
  ended: boolean;
}

/** A prompt on its way into a slot, and the rows that wait for it. */
interface Filling {
  slot: number;
  prompt: Prompt;
  done: number;
  rows: Row[];
}

/** What to do, in this order, before the newly admitted rows can decode. */
export interface Admission {
  /** From slots that held the prompt before; ordered. */
  earlyCopies: PrefixCopy[];
  /** Ids of a prompt from position `start` on. */
  prefills: { slot: number; start: number; ids: Int32Array }[];
  /** From slots whose prompt is whole now; ordered. */
  lateCopies: PrefixCopy[];
}

export interface PrefixCopy {
  from: number;
  to: number[];
  length: number;
}

export interface Finished {
  row: Row;
  finish: FinishReason;
}

export interface ScheduleOptions {
  /** Most ids in prompt and completion together. */
  context: number;
  /** The number of the first slot. Default 0. */
  firstSlot?: number;
  hitsStopString?: (row: Row) => boolean;
}

type Unfinished = Pick<Row, 'request' | 'sample' | 'ids' | 'logProbs'>;

export class Schedule {
  /** Decoding now, one row a slot. */
  rows: Row[] = [];
  /** Of each owner: samples without a slot, the next one last, and how many have one. */
  readonly #queues = new Map<Owner, { waiting: { prompt: Prompt; sample: number }[]; seated: number }>();
  /** In the order of their seats. */
  #filling: Filling[] = [];
  readonly #free: number[] = [];
  /** The prompt that a slot holds, also after its row has left. */
  readonly #held: (Prompt | undefined)[] = [];
  readonly #options: ScheduleOptions;
  #slots = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  get slots(): number {
    return this.#slots;
  }

  get isDone(): boolean {
    return this.#queues.size === 0;
  }

  /** Whether the owner has samples that have not ended. */
  has(owner: Owner): boolean {
    return this.#queues.has(owner);
  }

  /** Samples that have not ended. */
  get unfinished(): number {
    let count = 0;
    for (const { waiting, seated } of this.#queues.values()) count += waiting.length + seated;
    return count;
  }

  /** Whether somebody waits for a slot or a prompt: the rows may change although none ends. */
  get isWaiting(): boolean {
    if (this.#filling.length > 0) return true;
    for (const { waiting } of this.#queues.values()) if (waiting.length > 0) return true;
    return false;
  }

  /** More slots, behind those there are. */
  growTo(slots: number): void {
    const first = this.#options.firstSlot ?? 0;
    const added = Array.from({ length: slots - this.#slots }, (_, index) => first + slots - 1 - index);
    this.#free.unshift(...added);
    this.#slots = slots;
  }

  add(owner: Owner, requests: readonly RolloutRequest[]): void {
    const waiting = requests.flatMap((request) => {
      const prompt = { owner, request };
      return Array.from({ length: request.samples }, (_, sample) => ({ prompt, sample }));
    });
    this.#queues.set(owner, { waiting: waiting.reverse(), seated: 0 });
  }

  /** Seats waiting samples in free slots, and fills in at most `budget` ids of their prompts. */
  admit(budget = Number.POSITIVE_INFINITY): Admission {
    const admission: Admission = { earlyCopies: [], prefills: [], lateCopies: [] };
    while (this.#free.length > 0) {
      const next = this.#takeWaiting();
      if (!next) break;
      const { prompt, sample } = next;
      const { owner, request } = prompt;
      const length = request.promptIds.length - 1;
      const holder = this.#held.indexOf(prompt);
      const slot = this.#takeSlot(prompt);
      const row: Row = {
        owner,
        request,
        sample,
        slot,
        nextId: request.promptIds[length]!,
        nextPosition: length,
        randomKey: hashKey(`${request.key}/${sample}`),
        ids: [],
        logProbs: [],
        ended: false,
      };
      const filling = this.#filling.find((one) => one.prompt === prompt);
      if (filling) filling.rows.push(row);
      else if (length > 0 && holder < 0) this.#filling.push({ slot, prompt, done: 0, rows: [row] });
      else {
        if (length > 0 && this.#held[slot] !== prompt) addCopy(admission.earlyCopies, holder, slot, length);
        this.rows = [...this.rows, row];
      }
      this.#held[slot] = prompt;
    }
    this.#fill(admission, budget);
    return admission;
  }

  /** The next sample of the owner with the fewest rows, the longest-known one among equals. */
  #takeWaiting(): { prompt: Prompt; sample: number } | undefined {
    let poorest: { waiting: { prompt: Prompt; sample: number }[]; seated: number } | undefined;
    for (const queue of this.#queues.values())
      if (queue.waiting.length > 0 && (!poorest || queue.seated < poorest.seated)) poorest = queue;
    if (!poorest) return undefined;
    poorest.seated++;
    return poorest.waiting.pop();
  }

  #fill({ prefills, lateCopies }: Admission, budget: number): void {
    let left = budget;
    for (const filling of inTurns(this.#filling)) {
      if (left === 0) break;
      const { slot, prompt, done, rows } = filling;
      const { promptIds } = prompt.request;
      const length = promptIds.length - 1;
      const end = Math.min(length, done + left);
      prefills.push({ slot, start: done, ids: promptIds.subarray(done, end) });
      left -= end - done;
      filling.done = end;
      if (end < length) break;
      for (const row of rows) if (row.slot !== slot) addCopy(lateCopies, slot, row.slot, length);
      this.rows = [...this.rows, ...rows];
      this.#filling = this.#filling.filter((one) => one !== filling);
    }
  }

  /** A free slot, if possible one that still holds this prompt. */
  #takeSlot(prompt: Prompt): number {
    const index = this.#free.findIndex((slot) => this.#held[slot] === prompt);
    return index < 0 ? this.#free.pop()! : this.#free.splice(index, 1)[0]!;
  }

  /** Gives every row of a step its sampled id, but those that have ended since; rows that end leave and free their slots. */
  accept(rows: readonly Row[], ids: ArrayLike<number>, logProbs: ArrayLike<number>): Finished[] {
    const finished: Finished[] = [];
    for (const [index, row] of rows.entries()) {
      if (row.ended) continue;
      row.ids.push(ids[index]!);
      row.logProbs.push(logProbs[index]!);
      row.nextId = ids[index]!;
      row.nextPosition++;
      const finish = this.#finishOf(row);
      if (!finish) continue;
      finished.push({ row, finish });
      this.#unseat(row);
    }
    if (finished.length > 0) this.rows = this.rows.filter(({ ended }) => !ended);
    return finished;
  }

  #unseat(row: Row): void {
    row.ended = true;
    this.#free.push(row.slot);
    const queue = this.#queues.get(row.owner)!;
    queue.seated--;
    if (queue.seated === 0 && queue.waiting.length === 0) this.#queues.delete(row.owner);
  }

  #finishOf(row: Row): FinishReason | undefined {
    const { sampling } = row.request;
    if (sampling.stopIds.includes(row.nextId) || this.#options.hitsStopString?.(row)) return 'stop';
    if (row.ids.length >= sampling.maxTokens || row.nextPosition + 1 >= this.#options.context) return 'length';
    return undefined;
  }

  /** Ends all of an owner: rows with what they have, waiting samples with nothing. */
  remove(owner: Owner): Unfinished[] {
    const queue = this.#queues.get(owner);
    if (!queue) return [];
    const waiting = queue.waiting.reverse().map(({ prompt, sample }) => unsampled(prompt.request, sample));
    queue.waiting = [];
    const filling = this.#filling.filter(({ prompt }) => prompt.owner === owner).flatMap(({ rows }) => rows);
    const rows = [...this.rows.filter((row) => row.owner === owner), ...filling];
    for (const { slot } of filling) this.#held[slot] = undefined; // a prompt that is not whole
    for (const row of rows) this.#unseat(row);
    this.#filling = this.#filling.filter(({ prompt }) => prompt.owner !== owner);
    this.rows = this.rows.filter((row) => row.owner !== owner);
    this.#queues.delete(owner);
    return [...rows, ...waiting];
  }
}

/** The first prompt of each owner, then the second of each, and so on. */
function inTurns(filling: readonly Filling[]): Filling[] {
  const turns = new Map<Owner, number>();
  const ranked = filling.map((one) => {
    const turn = turns.get(one.prompt.owner) ?? 0;
    turns.set(one.prompt.owner, turn + 1);
    return { one, turn };
  });
  return ranked.sort((a, b) => a.turn - b.turn).map(({ one }) => one);
}

function addCopy(copies: PrefixCopy[], from: number, to: number, length: number): void {
  const last = copies.at(-1);
  if (last?.from === from) last.to.push(to);
  else copies.push({ from, to: [to], length });
}

export function unsampled(request: RolloutRequest, sample: number): Unfinished {
  return { request, sample, ids: [], logProbs: [] };
}

export function toTrajectory(
  { request, sample, ids, logProbs }: Unfinished,
  finish: FinishReason,
  weightVersion: number,
): Trajectory {
  return {
    key: request.key,
    sample,
    promptIds: request.promptIds,
    ids: Int32Array.from(ids),
    logProbs: Float32Array.from(logProbs),
    finish,
    weightVersion,
  };
}
