// A timeline of every kernel, as a Chrome trace (chrome://tracing, Perfetto): when it ran, its shapes, GFLOP/s, GB/s and the share of
// the roofline. THINKWRIGHT_PROFILE=trace.json writes one when the process ends.
// Format: Trace Event Format, https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
import { writeFileSync } from 'node:fs';
import { fieldsOf, type RecordFields } from './record-fields.ts';
import { KERNELS } from './records.ts';
import { measureRoofline, type Roofline } from './roofline.ts';
import { currentRuntime, type Runtime } from './runtime.ts';
import { RECORD_WORDS } from './stream.ts';
import { workOf } from './work.ts';

// TraceEntry of native/runtime/stream.h: start and duration as doubles, then the record.
const ENTRY_BYTES = 16 + 4 * RECORD_WORDS;
const MOST_RECORDS = 2 ** 18; // 38 MB; what runs after them is not in the trace

export interface TraceEvent {
  name: string;
  ph: 'X';
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  dur: number;
  args: Record<string, number>;
}

/** Measures the roofline, then keeps the coming launches. */
export async function startTrace(runtime: Runtime = currentRuntime()): Promise<Roofline> {
  const roofline = await measureRoofline();
  runtime.addon.setProfiling(true);
  runtime.addon.startTrace(MOST_RECORDS);
  return roofline;
}

/** Waits for the stream and returns the events since startTrace, which end the trace. */
export function takeTrace(roofline: Roofline, runtime: Runtime = currentRuntime()): TraceEvent[] {
  const buffer = runtime.addon.takeTrace();
  const events: TraceEvent[] = [];
  for (let at = 0; at < buffer.byteLength; at += ENTRY_BYTES) {
    const [start, wall] = new Float64Array(buffer, at, 2) as unknown as [number, number];
    const words = new Int32Array(buffer, at + 16, RECORD_WORDS);
    const floats = new Float32Array(buffer, at + 16, RECORD_WORDS);
    events.push(eventOf(words[0]!, fieldsOf(words, floats, 0), start, wall, roofline));
  }
  return events;
}

function eventOf(kernel: number, fields: RecordFields, start: number, wall: number, roofline: Roofline): TraceEvent {
  const { name, fields: declared } = KERNELS[kernel]!;
  const { bytes, flops } = workOf(kernel, fields);
  const shapes = declared.filter(({ type }) => type !== 'address').map((field) => [field.name, fields[field.name]!]);
  const computing = (flops ?? 0) / roofline.gflops; // nanoseconds at the ceiling
  const moving = bytes / roofline.gigabytesPerSecond;
  return {
    name,
    ph: 'X',
    pid: 1,
    tid: 1,
    ts: start / 1e3,
    dur: wall / 1e3,
    args: {
      ...Object.fromEntries(shapes),
      ...(flops === undefined ? {} : { GFLOPs: rounded(flops / wall) }),
      GBs: rounded(bytes / wall),
      // Small launches work in the caches, which are faster than the memory that the roofline was measured on.
      roofline: rounded(Math.max(computing, moving) / wall),
    },
  };
}

const rounded = (value: number) => Number(value.toPrecision(4));

/** Writes the trace of this process to `file` when it ends. */
export async function traceUntilExit(runtime: Runtime, file: string): Promise<void> {
  const roofline = await startTrace(runtime);
  process.once('exit', () => {
    const traceEvents = takeTrace(roofline, runtime);
    writeFileSync(file, JSON.stringify({ traceEvents, otherData: { ...roofline, mostRecords: MOST_RECORDS } }));
  });
}
