// The streams of one interpreter as bytes: what it may read, what it has written, how much of that is kept.
import { EBADF } from './errno.ts';
import type { Stream } from './file-system.ts';

/** The program ended itself, or was ended here. */
export class Exit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** Status of a program that was ended because it printed or answered far too much. */
export const TOO_MUCH_OUTPUT = 153;
const OUTPUT_FACTOR = 8;

export interface ChannelLimits {
  outputBytes: number;
  resultBytes: number;
}

/** What was written, up to a limit, in one growing piece: a program may write byte by byte. */
class Sink {
  #kept = new Uint8Array(0);
  #length = 0;
  written = 0;

  add(bytes: Uint8Array, limit: number): void {
    const more = bytes.subarray(0, Math.max(0, limit - this.written));
    this.written += bytes.length;
    const length = this.#length + more.length;
    if (length > this.#kept.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(2 * this.#kept.length, limit)));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(more, this.#length);
    this.#length = length;
  }

  bytes(): Uint8Array {
    return this.#kept.subarray(0, this.#length);
  }
}

export class Channels {
  #readable = new Map<Stream, { bytes: Uint8Array; offset: number }>();
  #sinks = new Map<Stream, Sink>();
  #calls = new Sink();
  readonly #answer: ((question: Uint8Array) => Uint8Array) | null;
  limits: ChannelLimits = { outputBytes: 65_536, resultBytes: 8 << 20 };

  /** @param answer what stands at the other end of the call stream; null: the stream is closed */
  constructor(answer: ((question: Uint8Array) => Uint8Array) | null) {
    this.#answer = answer;
    this.open(new Uint8Array(0), new Uint8Array(0));
  }

  /** Makes everything ready for one run. */
  open(input: Uint8Array, request: Uint8Array): void {
    this.#readable = new Map([
      ['input', { bytes: input, offset: 0 }],
      ['request', { bytes: request, offset: 0 }],
    ]);
    this.#sinks = new Map((['output', 'errors', 'result'] as const).map((stream) => [stream, new Sink()]));
    this.#calls = new Sink();
  }

  written(stream: Stream): Uint8Array {
    return this.#sinks.get(stream)!.bytes();
  }

  countWritten(stream: Stream): number {
    return this.#sinks.get(stream)!.written;
  }

  write(stream: Stream, bytes: Uint8Array): number {
    if (stream === 'call') {
      if (this.#answer === null) return -EBADF;
      this.#calls.add(bytes, this.limits.resultBytes);
      return bytes.length;
    }
    const sink = this.#sinks.get(stream);
    if (sink === undefined) return -EBADF;
    const limit = stream === 'result' ? this.limits.resultBytes : this.limits.outputBytes;
    sink.add(bytes, limit);
    if (sink.written > (limit + 4096) * OUTPUT_FACTOR) throw new Exit(TOO_MUCH_OUTPUT);
    return bytes.length;
  }

  /** The first read after a question is what asks it; the end of the answer is a read of nothing. */
  read(stream: Stream, target: Uint8Array): number {
    if (stream === 'call' && this.#answer !== null && !this.#readable.has('call')) {
      const question = this.#calls.bytes();
      this.#calls = new Sink();
      this.#readable.set('call', { bytes: this.#answer(question), offset: 0 });
    }
    const source = this.#readable.get(stream);
    if (source === undefined) return -EBADF;
    const count = Math.min(target.length, source.bytes.length - source.offset);
    target.set(source.bytes.subarray(source.offset, source.offset + count));
    source.offset += count;
    if (count === 0 && stream === 'call') this.#readable.delete('call');
    return count;
  }
}
