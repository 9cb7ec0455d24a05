// Continuous batching without tensors: which sample sits in which slot, what must be computed before it can decode, and
// when it ends. A finished row leaves at once and the next sample takes its slot. A prompt is prefilled once for its
// group and copied, at most so many ids at a time, so that rows which decode wait little for long prompts; its last id is
// left to the first decoding step, so that every sample starts as an ordinary row.

import type { FinishReason, RolloutRequest, Trajectory } from '@thinkwright/rollouts';
import { hashKey } from '@thinkwright/tensors';

/** A sample that is being decoded. */
export interface Row {
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
  request: RolloutRequest;
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

export class Schedule {
  /** Decoding now, one row a slot. */
  rows: Row[] = [];
  readonly #waiting: { request: RolloutRequest; sample: number }[];
  /** In the order of their seats. */
  #filling: Filling[] = [];
  readonly #free: number[];
  /** The request whose prompt a slot holds, also after its row has left. */
  readonly #held: (RolloutRequest | undefined)[];
  readonly #context: number;
  readonly #hitsStopString: (row: Row) => boolean;

  constructor(
    requests: readonly RolloutRequest[],
    slots: number,
    context: number,
    hitsStopString: (row: Row) => boolean = () => false,
  ) {
    this.#waiting = requests.flatMap((request) =>
      Array.from({ length: request.samples }, (_, sample) => ({ request, sample })),
    );
    this.#waiting.reverse();
    this.#free = Array.from({ length: slots }, (_, index) => slots - 1 - index);
    this.#held = new Array<RolloutRequest | undefined>(slots).fill(undefined);
    this.#context = context;
    this.#hitsStopString = hitsStopString;
  }

  get isDone(): boolean {
    return this.rows.length === 0 && this.#waiting.length === 0 && this.#filling.length === 0;
  }

  /** Whether somebody waits for a slot or a prompt: the rows may change although none ends. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0 || this.#filling.length > 0;
  }

  /** Seats waiting samples in free slots, and fills in at most `budget` ids of their prompts. */
  admit(budget = Number.POSITIVE_INFINITY): Admission {
    const admission: Admission = { earlyCopies: [], prefills: [], lateCopies: [] };
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const { request, sample } = this.#waiting.pop()!;
      const length = request.promptIds.length - 1;
      const holder = this.#held.indexOf(request);
      const slot = this.#takeSlot(request);
      const row: Row = {
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
      const filling = this.#filling.find((one) => one.request === request);
      if (filling) filling.rows.push(row);
      else if (length > 0 && holder < 0) this.#filling.push({ slot, request, done: 0, rows: [row] });
      else {
        if (length > 0 && this.#held[slot] !== request) addCopy(admission.earlyCopies, holder, slot, length);
        this.rows.push(row);
      }
      this.#held[slot] = request;
    }
    this.#fill(admission, budget);
    return admission;
  }

  #fill({ prefills, lateCopies }: Admission, budget: number): void {
    let left = budget;
    while (this.#filling.length > 0 && left > 0) {
      const filling = this.#filling[0]!;
      const { slot, request, done, rows } = filling;
      const length = request.promptIds.length - 1;
      const end = Math.min(length, done + left);
      prefills.push({ slot, start: done, ids: request.promptIds.subarray(done, end) });
      left -= end - done;
      filling.done = end;
      if (end < length) return;
      for (const row of rows) if (row.slot !== slot) addCopy(lateCopies, slot, row.slot, length);
      this.rows.push(...rows);
      this.#filling.shift();
    }
  }

  /** A free slot, if possible one that still holds this prompt. */
  #takeSlot(request: RolloutRequest): number {
    const index = this.#free.findIndex((slot) => this.#held[slot] === request);
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
      row.ended = true;
      finished.push({ row, finish });
      this.#free.push(row.slot);
    }
    if (finished.length > 0) this.rows = this.rows.filter(({ ended }) => !ended);
    return finished;
  }

  #finishOf(row: Row): FinishReason | undefined {
    const { sampling } = row.request;
    if (sampling.stopIds.includes(row.nextId) || this.#hitsStopString(row)) return 'stop';
    if (row.ids.length >= sampling.maxTokens || row.nextPosition + 1 >= this.#context) return 'length';
    return undefined;
  }

  /** Ends everything: rows with what they have, waiting samples with nothing. */
  abort(): Pick<Row, 'request' | 'sample' | 'ids' | 'logProbs'>[] {
    const waiting = this.#waiting.reverse().map((sample) => ({ ...sample, ids: [], logProbs: [] }));
    const ended = [...this.rows, ...this.#filling.flatMap(({ rows }) => rows), ...waiting];
    this.rows = [];
    this.#filling = [];
    this.#waiting.length = 0;
    return ended;
  }
}

function addCopy(copies: PrefixCopy[], from: number, to: number, length: number): void {
  const last = copies.at(-1);
  if (last?.from === from) last.to.push(to);
  else copies.push({ from, to: [to], length });
}

export function toTrajectory(
  { request, sample, ids, logProbs }: Pick<Row, 'request' | 'sample' | 'ids' | 'logProbs'>,
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
