// Generated from native/records.json by scripts/generate-records.ts: one typed writer a kernel. Do not edit.
// biome-ignore-all format: generated
import type { Address } from './allocator.ts';

/** Where a writer puts its words: the ring of the stream, or the program of a graph being captured. */
export interface RecordSink {
  words: Int32Array;
  floats: Float32Array;
  /** Makes room for one record and returns the index of its first word. */
  begin(kernel: number): number;
  /** Hands the record over. */
  end(): void;
}

export interface KernelField {
  name: string;
  type: 'int' | 'float' | 'long' | 'address';
  /** Index of the (first) word in the record. */
  word: number;
  access?: 'in' | 'out' | 'inout';
  /** 0, no tensor, is allowed. */
  optional?: boolean;
  /** How many bytes the kernel touches from the address on, from the number fields; absent when the table says "[*]". */
  bytes?: (fields: Record<string, number>) => number;
}

/** Launches kernels: each call writes one record and returns at once. */
export class Launch {
  readonly #sink: RecordSink;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  noop(): void {
    const sink = this.#sink;
    sink.begin(0);
    sink.end();
  }

  replay(program: Address, count: number): void {
    const sink = this.#sink;
    const at = sink.begin(1);
    sink.words[at + 1] = program;
    sink.words[at + 2] = count;
    sink.end();
  }

  packForward(weight: Address, n: number, k: number, column: number, totalColumns: number, panels: Address): void {
    const sink = this.#sink;
    const at = sink.begin(2);
    sink.words[at + 1] = weight;
    sink.words[at + 2] = n;
    sink.words[at + 3] = k;
    sink.words[at + 4] = column;
    sink.words[at + 5] = totalColumns;
    sink.words[at + 6] = panels;
    sink.end();
  }

  packBackward(weight: Address, n: number, k: number, depth: number, totalDepth: number, panels: Address): void {
    const sink = this.#sink;
    const at = sink.begin(3);
    sink.words[at + 1] = weight;
    sink.words[at + 2] = n;
    sink.words[at + 3] = k;
    sink.words[at + 4] = depth;
    sink.words[at + 5] = totalDepth;
    sink.words[at + 6] = panels;
    sink.end();
  }

  turnPanels(weight: Address, n: number, k: number, depth: number, totalDepth: number, panels: Address): void {
    const sink = this.#sink;
    const at = sink.begin(4);
    sink.words[at + 1] = weight;
    sink.words[at + 2] = n;
    sink.words[at + 3] = k;
    sink.words[at + 4] = depth;
    sink.words[at + 5] = totalDepth;
    sink.words[at + 6] = panels;
    sink.end();
  }

  gemm(m: number, n: number, k: number, a: Address, aColumn: number, aStride: number, panels: Address, c: Address, cColumn: number, cStride: number, accumulate: number, bias: Address, addend: Address, gated: Address, norm: Address, inverse: Address, epsilon: number): void {
    const sink = this.#sink;
    const at = sink.begin(5);
    sink.words[at + 1] = m;
    sink.words[at + 2] = n;
    sink.words[at + 3] = k;
    sink.words[at + 4] = a;
    sink.words[at + 5] = aColumn;
    sink.words[at + 6] = aStride;
    sink.words[at + 7] = panels;
    sink.words[at + 8] = c;
    sink.words[at + 9] = cColumn;
    sink.words[at + 10] = cStride;
    sink.words[at + 11] = accumulate;
    sink.words[at + 12] = bias;
    sink.words[at + 13] = addend;
    sink.words[at + 14] = gated;
    sink.words[at + 15] = norm;
    sink.words[at + 16] = inverse;
    sink.floats[at + 17] = epsilon;
    sink.end();
  }

  gradWeight(rows: number, n: number, k: number, dy: Address, dyColumn: number, dyStride: number, x: Address, xStride: number, dWeight: Address, accumulate: number): void {
    const sink = this.#sink;
    const at = sink.begin(6);
    sink.words[at + 1] = rows;
    sink.words[at + 2] = n;
    sink.words[at + 3] = k;
    sink.words[at + 4] = dy;
    sink.words[at + 5] = dyColumn;
    sink.words[at + 6] = dyStride;
    sink.words[at + 7] = x;
    sink.words[at + 8] = xStride;
    sink.words[at + 9] = dWeight;
    sink.words[at + 10] = accumulate;
    sink.end();
  }

  gradBias(dy: Address, rows: number, stride: number, column: number, dBias: Address, n: number, accumulate: number): void {
    const sink = this.#sink;
    const at = sink.begin(7);
    sink.words[at + 1] = dy;
    sink.words[at + 2] = rows;
    sink.words[at + 3] = stride;
    sink.words[at + 4] = column;
    sink.words[at + 5] = dBias;
    sink.words[at + 6] = n;
    sink.words[at + 7] = accumulate;
    sink.end();
  }

  matMul(batch: number, m: number, n: number, k: number, a: Address, aBatchStride: number, aRowStride: number, aColumnStride: number, b: Address, bBatchStride: number, bRowStride: number, bColumnStride: number, c: Address): void {
    const sink = this.#sink;
    const at = sink.begin(8);
    sink.words[at + 1] = batch;
    sink.words[at + 2] = m;
    sink.words[at + 3] = n;
    sink.words[at + 4] = k;
    sink.words[at + 5] = a;
    sink.words[at + 6] = aBatchStride;
    sink.words[at + 7] = aRowStride;
    sink.words[at + 8] = aColumnStride;
    sink.words[at + 9] = b;
    sink.words[at + 10] = bBatchStride;
    sink.words[at + 11] = bRowStride;
    sink.words[at + 12] = bColumnStride;
    sink.words[at + 13] = c;
    sink.end();
  }

  storedQuantise(values: Address, raw: Address, type: number, count: number): void {
    const sink = this.#sink;
    const at = sink.begin(9);
    sink.words[at + 1] = values;
    sink.words[at + 2] = raw;
    sink.words[at + 3] = type;
    sink.words[at + 4] = count;
    sink.words[at + 5] = Math.floor(count / 4294967296);
    sink.end();
  }

  storedPack(raw: Address, panels: Address, type: number, n: number, k: number): void {
    const sink = this.#sink;
    const at = sink.begin(10);
    sink.words[at + 1] = raw;
    sink.words[at + 2] = panels;
    sink.words[at + 3] = type;
    sink.words[at + 4] = n;
    sink.words[at + 5] = k;
    sink.end();
  }

  storedExpand(panels: Address, out: Address, type: number, n: number, k: number): void {
    const sink = this.#sink;
    const at = sink.begin(11);
    sink.words[at + 1] = panels;
    sink.words[at + 2] = out;
    sink.words[at + 3] = type;
    sink.words[at + 4] = n;
    sink.words[at + 5] = k;
    sink.end();
  }

  storedRows(panels: Address, indices: Address, out: Address, type: number, n: number, k: number, count: number): void {
    const sink = this.#sink;
    const at = sink.begin(12);
    sink.words[at + 1] = panels;
    sink.words[at + 2] = indices;
    sink.words[at + 3] = out;
    sink.words[at + 4] = type;
    sink.words[at + 5] = n;
    sink.words[at + 6] = k;
    sink.words[at + 7] = count;
    sink.end();
  }

  storedGemm(m: number, k: number, a: Address, aStride: number, c: Address, cStride: number, column: number, backward: number, accumulate: number, panels0: Address, n0: number, type0: number, panels1: Address, n1: number, type1: number, panels2: Address, n2: number, type2: number, bias: Address, addend: Address, gated: Address, norm: Address, inverse: Address, epsilon: number): void {
    const sink = this.#sink;
    const at = sink.begin(13);
    sink.words[at + 1] = m;
    sink.words[at + 2] = k;
    sink.words[at + 3] = a;
    sink.words[at + 4] = aStride;
    sink.words[at + 5] = c;
    sink.words[at + 6] = cStride;
    sink.words[at + 7] = column;
    sink.words[at + 8] = backward;
    sink.words[at + 9] = accumulate;
    sink.words[at + 10] = panels0;
    sink.words[at + 11] = n0;
    sink.words[at + 12] = type0;
    sink.words[at + 13] = panels1;
    sink.words[at + 14] = n1;
    sink.words[at + 15] = type1;
    sink.words[at + 16] = panels2;
    sink.words[at + 17] = n2;
    sink.words[at + 18] = type2;
    sink.words[at + 19] = bias;
    sink.words[at + 20] = addend;
    sink.words[at + 21] = gated;
    sink.words[at + 22] = norm;
    sink.words[at + 23] = inverse;
    sink.floats[at + 24] = epsilon;
    sink.end();
  }

  gatherRows(source: Address, indices: Address, out: Address, count: number, c: number, sourceRows: number): void {
    const sink = this.#sink;
    const at = sink.begin(14);
    sink.words[at + 1] = source;
    sink.words[at + 2] = indices;
    sink.words[at + 3] = out;
    sink.words[at + 4] = count;
    sink.words[at + 5] = c;
    sink.words[at + 6] = sourceRows;
    sink.end();
  }

  scatterAddRows(values: Address, indices: Address, out: Address, count: number, c: number, outRows: number, accumulate: number): void {
    const sink = this.#sink;
    const at = sink.begin(15);
    sink.words[at + 1] = values;
    sink.words[at + 2] = indices;
    sink.words[at + 3] = out;
    sink.words[at + 4] = count;
    sink.words[at + 5] = c;
    sink.words[at + 6] = outRows;
    sink.words[at + 7] = accumulate;
    sink.end();
  }

  rmsNorm(x: Address, weight: Address, out: Address, rstd: Address, rows: number, c: number, epsilon: number): void {
    const sink = this.#sink;
    const at = sink.begin(16);
    sink.words[at + 1] = x;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = out;
    sink.words[at + 4] = rstd;
    sink.words[at + 5] = rows;
    sink.words[at + 6] = c;
    sink.floats[at + 7] = epsilon;
    sink.end();
  }

  rmsNormGrad(x: Address, weight: Address, rstd: Address, dOut: Address, dx: Address, dWeight: Address, rows: number, c: number, accumulate: number): void {
    const sink = this.#sink;
    const at = sink.begin(17);
    sink.words[at + 1] = x;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = rstd;
    sink.words[at + 4] = dOut;
    sink.words[at + 5] = dx;
    sink.words[at + 6] = dWeight;
    sink.words[at + 7] = rows;
    sink.words[at + 8] = c;
    sink.words[at + 9] = accumulate;
    sink.end();
  }

  rope(x: Address, table: Address, positions: Address, queryNorm: Address, keyNorm: Address, out: Address, rows: number, width: number, headDimension: number, headCount: number, queryHeadCount: number, epsilon: number, inverse: number, tableRows: number): void {
    const sink = this.#sink;
    const at = sink.begin(18);
    sink.words[at + 1] = x;
    sink.words[at + 2] = table;
    sink.words[at + 3] = positions;
    sink.words[at + 4] = queryNorm;
    sink.words[at + 5] = keyNorm;
    sink.words[at + 6] = out;
    sink.words[at + 7] = rows;
    sink.words[at + 8] = width;
    sink.words[at + 9] = headDimension;
    sink.words[at + 10] = headCount;
    sink.words[at + 11] = queryHeadCount;
    sink.floats[at + 12] = epsilon;
    sink.words[at + 13] = inverse;
    sink.words[at + 14] = tableRows;
    sink.end();
  }

  ropeNormGrad(x: Address, table: Address, positions: Address, queryNorm: Address, keyNorm: Address, dOut: Address, dx: Address, dQueryNorm: Address, dKeyNorm: Address, rows: number, width: number, headDimension: number, headCount: number, queryHeadCount: number, epsilon: number, tableRows: number): void {
    const sink = this.#sink;
    const at = sink.begin(19);
    sink.words[at + 1] = x;
    sink.words[at + 2] = table;
    sink.words[at + 3] = positions;
    sink.words[at + 4] = queryNorm;
    sink.words[at + 5] = keyNorm;
    sink.words[at + 6] = dOut;
    sink.words[at + 7] = dx;
    sink.words[at + 8] = dQueryNorm;
    sink.words[at + 9] = dKeyNorm;
    sink.words[at + 10] = rows;
    sink.words[at + 11] = width;
    sink.words[at + 12] = headDimension;
    sink.words[at + 13] = headCount;
    sink.words[at + 14] = queryHeadCount;
    sink.floats[at + 15] = epsilon;
    sink.words[at + 16] = tableRows;
    sink.end();
  }

  swiglu(gateUp: Address, out: Address, rows: number, f: number): void {
    const sink = this.#sink;
    const at = sink.begin(20);
    sink.words[at + 1] = gateUp;
    sink.words[at + 2] = out;
    sink.words[at + 3] = rows;
    sink.words[at + 4] = f;
    sink.end();
  }

  swigluGrad(gateUp: Address, dOut: Address, dGateUp: Address, rows: number, f: number): void {
    const sink = this.#sink;
    const at = sink.begin(21);
    sink.words[at + 1] = gateUp;
    sink.words[at + 2] = dOut;
    sink.words[at + 3] = dGateUp;
    sink.words[at + 4] = rows;
    sink.words[at + 5] = f;
    sink.end();
  }

  geglu(gateUp: Address, out: Address, rows: number, f: number): void {
    const sink = this.#sink;
    const at = sink.begin(22);
    sink.words[at + 1] = gateUp;
    sink.words[at + 2] = out;
    sink.words[at + 3] = rows;
    sink.words[at + 4] = f;
    sink.end();
  }

  gegluGrad(gateUp: Address, dOut: Address, dGateUp: Address, rows: number, f: number): void {
    const sink = this.#sink;
    const at = sink.begin(23);
    sink.words[at + 1] = gateUp;
    sink.words[at + 2] = dOut;
    sink.words[at + 3] = dGateUp;
    sink.words[at + 4] = rows;
    sink.words[at + 5] = f;
    sink.end();
  }

  attention(qkv: Address, offsets: Address, out: Address, logSumExp: Address, sequences: number, headCount: number, keyValueHeadCount: number, headDimension: number, scale: number, window: number): void {
    const sink = this.#sink;
    const at = sink.begin(24);
    sink.words[at + 1] = qkv;
    sink.words[at + 2] = offsets;
    sink.words[at + 3] = out;
    sink.words[at + 4] = logSumExp;
    sink.words[at + 5] = sequences;
    sink.words[at + 6] = headCount;
    sink.words[at + 7] = keyValueHeadCount;
    sink.words[at + 8] = headDimension;
    sink.floats[at + 9] = scale;
    sink.words[at + 10] = window;
    sink.end();
  }

  attentionGrad(qkv: Address, offsets: Address, out: Address, logSumExp: Address, dOut: Address, dQkv: Address, sequences: number, headCount: number, keyValueHeadCount: number, headDimension: number, scale: number, window: number): void {
    const sink = this.#sink;
    const at = sink.begin(25);
    sink.words[at + 1] = qkv;
    sink.words[at + 2] = offsets;
    sink.words[at + 3] = out;
    sink.words[at + 4] = logSumExp;
    sink.words[at + 5] = dOut;
    sink.words[at + 6] = dQkv;
    sink.words[at + 7] = sequences;
    sink.words[at + 8] = headCount;
    sink.words[at + 9] = keyValueHeadCount;
    sink.words[at + 10] = headDimension;
    sink.floats[at + 11] = scale;
    sink.words[at + 12] = window;
    sink.end();
  }

  cachedAttention(qkv: Address, slots: Address, positions: Address, keyCache: Address, valueCache: Address, out: Address, rows: number, capacity: number, headCount: number, keyValueHeadCount: number, headDimension: number, scale: number, slotCount: number, cacheType: number, window: number): void {
    const sink = this.#sink;
    const at = sink.begin(26);
    sink.words[at + 1] = qkv;
    sink.words[at + 2] = slots;
    sink.words[at + 3] = positions;
    sink.words[at + 4] = keyCache;
    sink.words[at + 5] = valueCache;
    sink.words[at + 6] = out;
    sink.words[at + 7] = rows;
    sink.words[at + 8] = capacity;
    sink.words[at + 9] = headCount;
    sink.words[at + 10] = keyValueHeadCount;
    sink.words[at + 11] = headDimension;
    sink.floats[at + 12] = scale;
    sink.words[at + 13] = slotCount;
    sink.words[at + 14] = cacheType;
    sink.words[at + 15] = window;
    sink.end();
  }

  copyPrefix(keyCache: Address, valueCache: Address, fromSlot: number, toSlot: number, length: number, capacity: number, keyValueHeadCount: number, headDimension: number, cacheType: number): void {
    const sink = this.#sink;
    const at = sink.begin(27);
    sink.words[at + 1] = keyCache;
    sink.words[at + 2] = valueCache;
    sink.words[at + 3] = fromSlot;
    sink.words[at + 4] = toSlot;
    sink.words[at + 5] = length;
    sink.words[at + 6] = capacity;
    sink.words[at + 7] = keyValueHeadCount;
    sink.words[at + 8] = headDimension;
    sink.words[at + 9] = cacheType;
    sink.end();
  }

  roundColumns(x: Address, out: Address, rows: number, columns: number, first: number): void {
    const sink = this.#sink;
    const at = sink.begin(28);
    sink.words[at + 1] = x;
    sink.words[at + 2] = out;
    sink.words[at + 3] = rows;
    sink.words[at + 4] = columns;
    sink.words[at + 5] = first;
    sink.end();
  }

  tokenLogProbs(hidden: Address, weight: Address, targets: Address, bias: Address, logProbs: Address, entropy: Address, logSumExp: Address, rows: number, c: number, v: number, targetCount: number, temperature: number, innerScale: number, cap: number, type: number): void {
    const sink = this.#sink;
    const at = sink.begin(29);
    sink.words[at + 1] = hidden;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = targets;
    sink.words[at + 4] = bias;
    sink.words[at + 5] = logProbs;
    sink.words[at + 6] = entropy;
    sink.words[at + 7] = logSumExp;
    sink.words[at + 8] = rows;
    sink.words[at + 9] = c;
    sink.words[at + 10] = v;
    sink.words[at + 11] = targetCount;
    sink.floats[at + 12] = temperature;
    sink.floats[at + 13] = innerScale;
    sink.floats[at + 14] = cap;
    sink.words[at + 15] = type;
    sink.end();
  }

  tokenLogProbsGrad(hidden: Address, weight: Address, targets: Address, bias: Address, logSumExp: Address, dLogProbs: Address, dHidden: Address, dWeight: Address, dBias: Address, rows: number, c: number, v: number, targetCount: number, temperature: number, innerScale: number, cap: number, accumulate: number, type: number): void {
    const sink = this.#sink;
    const at = sink.begin(30);
    sink.words[at + 1] = hidden;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = targets;
    sink.words[at + 4] = bias;
    sink.words[at + 5] = logSumExp;
    sink.words[at + 6] = dLogProbs;
    sink.words[at + 7] = dHidden;
    sink.words[at + 8] = dWeight;
    sink.words[at + 9] = dBias;
    sink.words[at + 10] = rows;
    sink.words[at + 11] = c;
    sink.words[at + 12] = v;
    sink.words[at + 13] = targetCount;
    sink.floats[at + 14] = temperature;
    sink.floats[at + 15] = innerScale;
    sink.floats[at + 16] = cap;
    sink.words[at + 17] = accumulate;
    sink.words[at + 18] = type;
    sink.end();
  }

  topTokenLogProbs(hidden: Address, weight: Address, bias: Address, ids: Address, logProbs: Address, rows: number, c: number, v: number, k: number, temperature: number, innerScale: number, cap: number, type: number): void {
    const sink = this.#sink;
    const at = sink.begin(31);
    sink.words[at + 1] = hidden;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = bias;
    sink.words[at + 4] = ids;
    sink.words[at + 5] = logProbs;
    sink.words[at + 6] = rows;
    sink.words[at + 7] = c;
    sink.words[at + 8] = v;
    sink.words[at + 9] = k;
    sink.floats[at + 10] = temperature;
    sink.floats[at + 11] = innerScale;
    sink.floats[at + 12] = cap;
    sink.words[at + 13] = type;
    sink.end();
  }

  headDivergence(hidden: Address, weight: Address, teacherHidden: Address, teacherWeight: Address, targets: Address, divergence: Address, logProbs: Address, entropy: Address, numbers: Address, rows: number, c: number, teacherC: number, v: number, temperature: number, beta: number, type: number, teacherType: number): void {
    const sink = this.#sink;
    const at = sink.begin(32);
    sink.words[at + 1] = hidden;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = teacherHidden;
    sink.words[at + 4] = teacherWeight;
    sink.words[at + 5] = targets;
    sink.words[at + 6] = divergence;
    sink.words[at + 7] = logProbs;
    sink.words[at + 8] = entropy;
    sink.words[at + 9] = numbers;
    sink.words[at + 10] = rows;
    sink.words[at + 11] = c;
    sink.words[at + 12] = teacherC;
    sink.words[at + 13] = v;
    sink.floats[at + 14] = temperature;
    sink.floats[at + 15] = beta;
    sink.words[at + 16] = type;
    sink.words[at + 17] = teacherType;
    sink.end();
  }

  headDivergenceGrad(hidden: Address, weight: Address, teacherHidden: Address, teacherWeight: Address, numbers: Address, dDivergence: Address, dHidden: Address, dWeight: Address, rows: number, c: number, teacherC: number, v: number, temperature: number, beta: number, accumulate: number, type: number, teacherType: number): void {
    const sink = this.#sink;
    const at = sink.begin(33);
    sink.words[at + 1] = hidden;
    sink.words[at + 2] = weight;
    sink.words[at + 3] = teacherHidden;
    sink.words[at + 4] = teacherWeight;
    sink.words[at + 5] = numbers;
    sink.words[at + 6] = dDivergence;
    sink.words[at + 7] = dHidden;
    sink.words[at + 8] = dWeight;
    sink.words[at + 9] = rows;
    sink.words[at + 10] = c;
    sink.words[at + 11] = teacherC;
    sink.words[at + 12] = v;
    sink.floats[at + 13] = temperature;
    sink.floats[at + 14] = beta;
    sink.words[at + 15] = accumulate;
    sink.words[at + 16] = type;
    sink.words[at + 17] = teacherType;
    sink.end();
  }

  sampleTokens(logits: Address, settings: Address, seeds: Address, keys: Address, positions: Address, slots: Address, counts: Address, ids: Address, logProbs: Address, rows: number, v: number, slotCount: number): void {
    const sink = this.#sink;
    const at = sink.begin(34);
    sink.words[at + 1] = logits;
    sink.words[at + 2] = settings;
    sink.words[at + 3] = seeds;
    sink.words[at + 4] = keys;
    sink.words[at + 5] = positions;
    sink.words[at + 6] = slots;
    sink.words[at + 7] = counts;
    sink.words[at + 8] = ids;
    sink.words[at + 9] = logProbs;
    sink.words[at + 10] = rows;
    sink.words[at + 11] = v;
    sink.words[at + 12] = slotCount;
    sink.end();
  }

  startCounts(counts: Address, promptIds: Address, slot: number, length: number, v: number): void {
    const sink = this.#sink;
    const at = sink.begin(35);
    sink.words[at + 1] = counts;
    sink.words[at + 2] = promptIds;
    sink.words[at + 3] = slot;
    sink.words[at + 4] = length;
    sink.words[at + 5] = v;
    sink.end();
  }

  adamW(tensors: Address, tensorCount: number, elements: number, oneMinusBeta1: number, beta2: number, oneMinusBeta2: number, epsilon: number, gradientScale: Address): void {
    const sink = this.#sink;
    const at = sink.begin(36);
    sink.words[at + 1] = tensors;
    sink.words[at + 2] = tensorCount;
    sink.words[at + 3] = elements;
    sink.words[at + 4] = Math.floor(elements / 4294967296);
    sink.floats[at + 5] = oneMinusBeta1;
    sink.floats[at + 6] = beta2;
    sink.floats[at + 7] = oneMinusBeta2;
    sink.floats[at + 8] = epsilon;
    sink.words[at + 9] = gradientScale;
    sink.end();
  }

  globalNorm(tensors: Address, tensorCount: number, elements: number, norm: Address): void {
    const sink = this.#sink;
    const at = sink.begin(37);
    sink.words[at + 1] = tensors;
    sink.words[at + 2] = tensorCount;
    sink.words[at + 3] = elements;
    sink.words[at + 4] = Math.floor(elements / 4294967296);
    sink.words[at + 5] = norm;
    sink.end();
  }

  clipScale(norm: Address, maxNorm: number, scale: Address): void {
    const sink = this.#sink;
    const at = sink.begin(38);
    sink.words[at + 1] = norm;
    sink.floats[at + 2] = maxNorm;
    sink.words[at + 3] = scale;
    sink.end();
  }

  binary(op: number, type: number, a: Address, b: Address, out: Address, d0: number, d1: number, d2: number, d3: number, a0: number, a1: number, a2: number, a3: number, b0: number, b1: number, b2: number, b3: number): void {
    const sink = this.#sink;
    const at = sink.begin(39);
    sink.words[at + 1] = op;
    sink.words[at + 2] = type;
    sink.words[at + 3] = a;
    sink.words[at + 4] = b;
    sink.words[at + 5] = out;
    sink.words[at + 6] = d0;
    sink.words[at + 7] = d1;
    sink.words[at + 8] = d2;
    sink.words[at + 9] = d3;
    sink.words[at + 10] = a0;
    sink.words[at + 11] = a1;
    sink.words[at + 12] = a2;
    sink.words[at + 13] = a3;
    sink.words[at + 14] = b0;
    sink.words[at + 15] = b1;
    sink.words[at + 16] = b2;
    sink.words[at + 17] = b3;
    sink.end();
  }

  unary(op: number, type: number, x: Address, out: Address, count: number, low: number, high: number): void {
    const sink = this.#sink;
    const at = sink.begin(40);
    sink.words[at + 1] = op;
    sink.words[at + 2] = type;
    sink.words[at + 3] = x;
    sink.words[at + 4] = out;
    sink.words[at + 5] = count;
    sink.floats[at + 6] = low;
    sink.floats[at + 7] = high;
    sink.end();
  }

  select(type: number, condition: Address, a: Address, b: Address, out: Address, count: number, inner: number): void {
    const sink = this.#sink;
    const at = sink.begin(41);
    sink.words[at + 1] = type;
    sink.words[at + 2] = condition;
    sink.words[at + 3] = a;
    sink.words[at + 4] = b;
    sink.words[at + 5] = out;
    sink.words[at + 6] = count;
    sink.words[at + 7] = inner;
    sink.end();
  }

  reduce(op: number, type: number, x: Address, out: Address, outer: number, length: number, inner: number): void {
    const sink = this.#sink;
    const at = sink.begin(42);
    sink.words[at + 1] = op;
    sink.words[at + 2] = type;
    sink.words[at + 3] = x;
    sink.words[at + 4] = out;
    sink.words[at + 5] = outer;
    sink.words[at + 6] = length;
    sink.words[at + 7] = inner;
    sink.end();
  }

  cumsum(type: number, x: Address, out: Address, outer: number, length: number, inner: number, exclusive: number, reverse: number): void {
    const sink = this.#sink;
    const at = sink.begin(43);
    sink.words[at + 1] = type;
    sink.words[at + 2] = x;
    sink.words[at + 3] = out;
    sink.words[at + 4] = outer;
    sink.words[at + 5] = length;
    sink.words[at + 6] = inner;
    sink.words[at + 7] = exclusive;
    sink.words[at + 8] = reverse;
    sink.end();
  }

  cast(from: number, to: number, x: Address, out: Address, count: number): void {
    const sink = this.#sink;
    const at = sink.begin(44);
    sink.words[at + 1] = from;
    sink.words[at + 2] = to;
    sink.words[at + 3] = x;
    sink.words[at + 4] = out;
    sink.words[at + 5] = count;
    sink.end();
  }

  stridedCopy(type: number, x: Address, out: Address, xOffset: number, outOffset: number, d0: number, d1: number, d2: number, d3: number, d4: number, x0: number, x1: number, x2: number, x3: number, x4: number, o0: number, o1: number, o2: number, o3: number, o4: number): void {
    const sink = this.#sink;
    const at = sink.begin(45);
    sink.words[at + 1] = type;
    sink.words[at + 2] = x;
    sink.words[at + 3] = out;
    sink.words[at + 4] = xOffset;
    sink.words[at + 5] = outOffset;
    sink.words[at + 6] = d0;
    sink.words[at + 7] = d1;
    sink.words[at + 8] = d2;
    sink.words[at + 9] = d3;
    sink.words[at + 10] = d4;
    sink.words[at + 11] = x0;
    sink.words[at + 12] = x1;
    sink.words[at + 13] = x2;
    sink.words[at + 14] = x3;
    sink.words[at + 15] = x4;
    sink.words[at + 16] = o0;
    sink.words[at + 17] = o1;
    sink.words[at + 18] = o2;
    sink.words[at + 19] = o3;
    sink.words[at + 20] = o4;
    sink.end();
  }

  gather(type: number, x: Address, indices: Address, out: Address, outer: number, axisSize: number, inner: number, count: number): void {
    const sink = this.#sink;
    const at = sink.begin(46);
    sink.words[at + 1] = type;
    sink.words[at + 2] = x;
    sink.words[at + 3] = indices;
    sink.words[at + 4] = out;
    sink.words[at + 5] = outer;
    sink.words[at + 6] = axisSize;
    sink.words[at + 7] = inner;
    sink.words[at + 8] = count;
    sink.end();
  }

  scatterAdd(values: Address, indices: Address, out: Address, outer: number, outSize: number, inner: number, count: number): void {
    const sink = this.#sink;
    const at = sink.begin(47);
    sink.words[at + 1] = values;
    sink.words[at + 2] = indices;
    sink.words[at + 3] = out;
    sink.words[at + 4] = outer;
    sink.words[at + 5] = outSize;
    sink.words[at + 6] = inner;
    sink.words[at + 7] = count;
    sink.end();
  }

  oneHot(outType: number, indices: Address, out: Address, count: number, depth: number, on: number, off: number): void {
    const sink = this.#sink;
    const at = sink.begin(48);
    sink.words[at + 1] = outType;
    sink.words[at + 2] = indices;
    sink.words[at + 3] = out;
    sink.words[at + 4] = count;
    sink.words[at + 5] = depth;
    sink.floats[at + 6] = on;
    sink.floats[at + 7] = off;
    sink.end();
  }

  fill(type: number, out: Address, count: number, value: number): void {
    const sink = this.#sink;
    const at = sink.begin(49);
    sink.words[at + 1] = type;
    sink.words[at + 2] = out;
    sink.words[at + 3] = count;
    sink.words[at + 4] = value;
    sink.end();
  }

  range(type: number, out: Address, count: number, start: number, step: number): void {
    const sink = this.#sink;
    const at = sink.begin(50);
    sink.words[at + 1] = type;
    sink.words[at + 2] = out;
    sink.words[at + 3] = count;
    sink.floats[at + 4] = start;
    sink.floats[at + 5] = step;
    sink.end();
  }

  copyBytes(from: Address, to: Address, bytes: number): void {
    const sink = this.#sink;
    const at = sink.begin(51);
    sink.words[at + 1] = from;
    sink.words[at + 2] = to;
    sink.words[at + 3] = bytes;
    sink.words[at + 4] = Math.floor(bytes / 4294967296);
    sink.end();
  }

  argMax(x: Address, out: Address, rows: number, n: number): void {
    const sink = this.#sink;
    const at = sink.begin(52);
    sink.words[at + 1] = x;
    sink.words[at + 2] = out;
    sink.words[at + 3] = rows;
    sink.words[at + 4] = n;
    sink.end();
  }

  addInt(x: Address, count: number, by: number): void {
    const sink = this.#sink;
    const at = sink.begin(53);
    sink.words[at + 1] = x;
    sink.words[at + 2] = count;
    sink.words[at + 3] = by;
    sink.end();
  }

  randomUniform(out: Address, count: number, key0: number, key1: number, counter1: number, counter2: number, counter3: number, low: number, high: number): void {
    const sink = this.#sink;
    const at = sink.begin(54);
    sink.words[at + 1] = out;
    sink.words[at + 2] = count;
    sink.words[at + 3] = key0;
    sink.words[at + 4] = key1;
    sink.words[at + 5] = counter1;
    sink.words[at + 6] = counter2;
    sink.words[at + 7] = counter3;
    sink.floats[at + 8] = low;
    sink.floats[at + 9] = high;
    sink.end();
  }

  randomNormal(out: Address, count: number, key0: number, key1: number, counter1: number, counter2: number, counter3: number, mean: number, deviation: number): void {
    const sink = this.#sink;
    const at = sink.begin(55);
    sink.words[at + 1] = out;
    sink.words[at + 2] = count;
    sink.words[at + 3] = key0;
    sink.words[at + 4] = key1;
    sink.words[at + 5] = counter1;
    sink.words[at + 6] = counter2;
    sink.words[at + 7] = counter3;
    sink.floats[at + 8] = mean;
    sink.floats[at + 9] = deviation;
    sink.end();
  }

  dropout(x: Address, out: Address, count: number, key0: number, key1: number, counter1: number, counter2: number, counter3: number, rate: number): void {
    const sink = this.#sink;
    const at = sink.begin(56);
    sink.words[at + 1] = x;
    sink.words[at + 2] = out;
    sink.words[at + 3] = count;
    sink.words[at + 4] = key0;
    sink.words[at + 5] = key1;
    sink.words[at + 6] = counter1;
    sink.words[at + 7] = counter2;
    sink.words[at + 8] = counter3;
    sink.floats[at + 9] = rate;
    sink.end();
  }

  roofline(x: Address, count: number, iterations: number, out: Address): void {
    const sink = this.#sink;
    const at = sink.begin(57);
    sink.words[at + 1] = x;
    sink.words[at + 2] = count;
    sink.words[at + 3] = iterations;
    sink.words[at + 4] = out;
    sink.end();
  }
}

/** Every kernel, in the order of the ids. */
export const KERNELS: readonly { name: string; fields: readonly KernelField[] }[] = [
  {
    name: 'noop',
    fields: [
    ],
  },
  {
    name: 'replay',
    fields: [
      { name: 'program', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (32 * fields.count) },
      { name: 'count', type: 'int', word: 2 },
    ],
  },
  {
    name: 'packForward',
    fields: [
      { name: 'weight', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.n * fields.k) },
      { name: 'n', type: 'int', word: 2 },
      { name: 'k', type: 'int', word: 3 },
      { name: 'column', type: 'int', word: 4 },
      { name: 'totalColumns', type: 'int', word: 5 },
      { name: 'panels', type: 'address', word: 6, access: 'inout', optional: false, bytes: (fields) => 4 * (Math.ceil(fields.totalColumns / 16) * 16 * fields.k) },
    ],
  },
  {
    name: 'packBackward',
    fields: [
      { name: 'weight', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.n * fields.k) },
      { name: 'n', type: 'int', word: 2 },
      { name: 'k', type: 'int', word: 3 },
      { name: 'depth', type: 'int', word: 4 },
      { name: 'totalDepth', type: 'int', word: 5 },
      { name: 'panels', type: 'address', word: 6, access: 'inout', optional: false, bytes: (fields) => 4 * (Math.ceil(fields.k / 16) * 16 * fields.totalDepth) },
    ],
  },
  {
    name: 'turnPanels',
    fields: [
      { name: 'weight', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (Math.ceil(fields.n / 16) * 16 * fields.k) },
      { name: 'n', type: 'int', word: 2 },
      { name: 'k', type: 'int', word: 3 },
      { name: 'depth', type: 'int', word: 4 },
      { name: 'totalDepth', type: 'int', word: 5 },
      { name: 'panels', type: 'address', word: 6, access: 'inout', optional: false, bytes: (fields) => 4 * (Math.ceil(fields.k / 16) * 16 * fields.totalDepth) },
    ],
  },
  {
    name: 'gemm',
    fields: [
      { name: 'm', type: 'int', word: 1 },
      { name: 'n', type: 'int', word: 2 },
      { name: 'k', type: 'int', word: 3 },
      { name: 'a', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => 4 * (fields.m > 0 ? (fields.m - 1) * fields.aStride + fields.aColumn + fields.k : 0) },
      { name: 'aColumn', type: 'int', word: 5 },
      { name: 'aStride', type: 'int', word: 6 },
      { name: 'panels', type: 'address', word: 7, access: 'in', optional: false, bytes: (fields) => 4 * (Math.ceil(fields.n / 16) * 16 * fields.k) },
      { name: 'c', type: 'address', word: 8, access: 'inout', optional: false, bytes: (fields) => 4 * (fields.m > 0 ? (fields.m - 1) * fields.cStride + fields.cColumn + fields.n : 0) },
      { name: 'cColumn', type: 'int', word: 9 },
      { name: 'cStride', type: 'int', word: 10 },
      { name: 'accumulate', type: 'int', word: 11 },
      { name: 'bias', type: 'address', word: 12, access: 'in', optional: true, bytes: (fields) => 4 * (fields.cColumn + fields.n) },
      { name: 'addend', type: 'address', word: 13, access: 'in', optional: true, bytes: (fields) => 4 * (fields.m > 0 ? (fields.m - 1) * fields.cStride + fields.cColumn + fields.n : 0) },
      { name: 'gated', type: 'address', word: 14, access: 'out', optional: true, bytes: (fields) => 4 * (fields.m * fields.n / 2) },
      { name: 'norm', type: 'address', word: 15, access: 'in', optional: true, bytes: (fields) => 4 * (fields.k) },
      { name: 'inverse', type: 'address', word: 16, access: 'out', optional: true, bytes: (fields) => 4 * (fields.m) },
      { name: 'epsilon', type: 'float', word: 17 },
    ],
  },
  {
    name: 'gradWeight',
    fields: [
      { name: 'rows', type: 'int', word: 1 },
      { name: 'n', type: 'int', word: 2 },
      { name: 'k', type: 'int', word: 3 },
      { name: 'dy', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows > 0 ? (fields.rows - 1) * fields.dyStride + fields.dyColumn + fields.n : 0) },
      { name: 'dyColumn', type: 'int', word: 5 },
      { name: 'dyStride', type: 'int', word: 6 },
      { name: 'x', type: 'address', word: 7, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows > 0 ? (fields.rows - 1) * fields.xStride + fields.k : 0) },
      { name: 'xStride', type: 'int', word: 8 },
      { name: 'dWeight', type: 'address', word: 9, access: 'inout', optional: false, bytes: (fields) => 4 * (fields.n * fields.k) },
      { name: 'accumulate', type: 'int', word: 10 },
    ],
  },
  {
    name: 'gradBias',
    fields: [
      { name: 'dy', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows > 0 ? (fields.rows - 1) * fields.stride + fields.column + fields.n : 0) },
      { name: 'rows', type: 'int', word: 2 },
      { name: 'stride', type: 'int', word: 3 },
      { name: 'column', type: 'int', word: 4 },
      { name: 'dBias', type: 'address', word: 5, access: 'inout', optional: false, bytes: (fields) => 4 * (fields.n) },
      { name: 'n', type: 'int', word: 6 },
      { name: 'accumulate', type: 'int', word: 7 },
    ],
  },
  {
    name: 'matMul',
    fields: [
      { name: 'batch', type: 'int', word: 1 },
      { name: 'm', type: 'int', word: 2 },
      { name: 'n', type: 'int', word: 3 },
      { name: 'k', type: 'int', word: 4 },
      { name: 'a', type: 'address', word: 5, access: 'in', optional: false, bytes: (fields) => 4 * (fields.batch * fields.m * fields.k > 0 ? (fields.batch - 1) * fields.aBatchStride + (fields.m - 1) * fields.aRowStride + (fields.k - 1) * fields.aColumnStride + 1 : 0) },
      { name: 'aBatchStride', type: 'int', word: 6 },
      { name: 'aRowStride', type: 'int', word: 7 },
      { name: 'aColumnStride', type: 'int', word: 8 },
      { name: 'b', type: 'address', word: 9, access: 'in', optional: false, bytes: (fields) => 4 * (fields.batch * fields.n * fields.k > 0 ? (fields.batch - 1) * fields.bBatchStride + (fields.k - 1) * fields.bRowStride + (fields.n - 1) * fields.bColumnStride + 1 : 0) },
      { name: 'bBatchStride', type: 'int', word: 10 },
      { name: 'bRowStride', type: 'int', word: 11 },
      { name: 'bColumnStride', type: 'int', word: 12 },
      { name: 'c', type: 'address', word: 13, access: 'out', optional: false, bytes: (fields) => 4 * (fields.batch * fields.m * fields.n) },
    ],
  },
  {
    name: 'storedQuantise',
    fields: [
      { name: 'values', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'raw', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => fields.count * (fields.type <= 2 ? 2 : fields.type === 3 ? 1.0625 : fields.type === 4 ? 0.5625 : fields.type === 5 ? 0.625 : fields.type === 6 ? 0.5625 : fields.type === 7 ? 0.6875 : 0.8203125) },
      { name: 'type', type: 'int', word: 3 },
      { name: 'count', type: 'long', word: 4 },
    ],
  },
  {
    name: 'storedPack',
    fields: [
      { name: 'raw', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => fields.n * fields.k * (fields.type <= 2 ? 2 : fields.type === 3 ? 1.0625 : fields.type === 4 ? 0.5625 : fields.type === 5 ? 0.625 : fields.type === 6 ? 0.5625 : fields.type === 7 ? 0.6875 : 0.8203125) },
      { name: 'panels', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => Math.ceil(fields.n / 16) * (fields.k + (fields.type === 1 ? fields.k & 1 : 0)) * (fields.type === 0 ? 64 : fields.type <= 2 ? 32 : fields.type === 3 ? 17 : fields.type === 4 ? 9 : fields.type === 5 ? 10 : fields.type === 6 ? 9.25 : fields.type === 7 ? 11.25 : 13.125) },
      { name: 'type', type: 'int', word: 3 },
      { name: 'n', type: 'int', word: 4 },
      { name: 'k', type: 'int', word: 5 },
    ],
  },
  {
    name: 'storedExpand',
    fields: [
      { name: 'panels', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => Math.ceil(fields.n / 16) * (fields.k + (fields.type === 1 ? fields.k & 1 : 0)) * (fields.type === 0 ? 64 : fields.type <= 2 ? 32 : fields.type === 3 ? 17 : fields.type === 4 ? 9 : fields.type === 5 ? 10 : fields.type === 6 ? 9.25 : fields.type === 7 ? 11.25 : 13.125) },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * (fields.n * fields.k) },
      { name: 'type', type: 'int', word: 3 },
      { name: 'n', type: 'int', word: 4 },
      { name: 'k', type: 'int', word: 5 },
    ],
  },
  {
    name: 'storedRows',
    fields: [
      { name: 'panels', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => Math.ceil(fields.n / 16) * (fields.k + (fields.type === 1 ? fields.k & 1 : 0)) * (fields.type === 0 ? 64 : fields.type <= 2 ? 32 : fields.type === 3 ? 17 : fields.type === 4 ? 9 : fields.type === 5 ? 10 : fields.type === 6 ? 9.25 : fields.type === 7 ? 11.25 : 13.125) },
      { name: 'indices', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * (fields.count * fields.k) },
      { name: 'type', type: 'int', word: 4 },
      { name: 'n', type: 'int', word: 5 },
      { name: 'k', type: 'int', word: 6 },
      { name: 'count', type: 'int', word: 7 },
    ],
  },
  {
    name: 'storedGemm',
    fields: [
      { name: 'm', type: 'int', word: 1 },
      { name: 'k', type: 'int', word: 2 },
      { name: 'a', type: 'address', word: 3, access: 'in', optional: false },
      { name: 'aStride', type: 'int', word: 4 },
      { name: 'c', type: 'address', word: 5, access: 'inout', optional: false },
      { name: 'cStride', type: 'int', word: 6 },
      { name: 'column', type: 'int', word: 7 },
      { name: 'backward', type: 'int', word: 8 },
      { name: 'accumulate', type: 'int', word: 9 },
      { name: 'panels0', type: 'address', word: 10, access: 'in', optional: false, bytes: (fields) => Math.ceil(fields.n0 / 16) * (fields.k + ((fields.type0 & 15) === 1 ? fields.k & 1 : 0)) * ((fields.type0 & 15) === 0 ? 64 : (fields.type0 & 15) <= 2 ? 32 : (fields.type0 & 15) === 3 ? 17 : (fields.type0 & 15) === 4 ? 9 : (fields.type0 & 15) === 5 ? 10 : (fields.type0 & 15) === 6 ? 9.25 : (fields.type0 & 15) === 7 ? 11.25 : 13.125) },
      { name: 'n0', type: 'int', word: 11 },
      { name: 'type0', type: 'int', word: 12 },
      { name: 'panels1', type: 'address', word: 13, access: 'in', optional: true, bytes: (fields) => Math.ceil(fields.n1 / 16) * (fields.k + ((fields.type1 & 15) === 1 ? fields.k & 1 : 0)) * ((fields.type1 & 15) === 0 ? 64 : (fields.type1 & 15) <= 2 ? 32 : (fields.type1 & 15) === 3 ? 17 : (fields.type1 & 15) === 4 ? 9 : (fields.type1 & 15) === 5 ? 10 : (fields.type1 & 15) === 6 ? 9.25 : (fields.type1 & 15) === 7 ? 11.25 : 13.125) },
      { name: 'n1', type: 'int', word: 14 },
      { name: 'type1', type: 'int', word: 15 },
      { name: 'panels2', type: 'address', word: 16, access: 'in', optional: true, bytes: (fields) => Math.ceil(fields.n2 / 16) * (fields.k + ((fields.type2 & 15) === 1 ? fields.k & 1 : 0)) * ((fields.type2 & 15) === 0 ? 64 : (fields.type2 & 15) <= 2 ? 32 : (fields.type2 & 15) === 3 ? 17 : (fields.type2 & 15) === 4 ? 9 : (fields.type2 & 15) === 5 ? 10 : (fields.type2 & 15) === 6 ? 9.25 : (fields.type2 & 15) === 7 ? 11.25 : 13.125) },
      { name: 'n2', type: 'int', word: 17 },
      { name: 'type2', type: 'int', word: 18 },
      { name: 'bias', type: 'address', word: 19, access: 'in', optional: true, bytes: (fields) => 4 * (fields.column + fields.n0 + fields.n1 + fields.n2) },
      { name: 'addend', type: 'address', word: 20, access: 'in', optional: true, bytes: (fields) => 4 * (fields.m > 0 ? (fields.m - 1) * fields.cStride + fields.column + fields.n0 + fields.n1 + fields.n2 : 0) },
      { name: 'gated', type: 'address', word: 21, access: 'out', optional: true, bytes: (fields) => 4 * (fields.m * (fields.n0 + fields.n1 + fields.n2) / 2) },
      { name: 'norm', type: 'address', word: 22, access: 'in', optional: true, bytes: (fields) => 4 * (fields.k) },
      { name: 'inverse', type: 'address', word: 23, access: 'out', optional: true, bytes: (fields) => 4 * (fields.m) },
      { name: 'epsilon', type: 'float', word: 24 },
    ],
  },
  {
    name: 'gatherRows',
    fields: [
      { name: 'source', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.sourceRows * fields.c) },
      { name: 'indices', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * (fields.count * fields.c) },
      { name: 'count', type: 'int', word: 4 },
      { name: 'c', type: 'int', word: 5 },
      { name: 'sourceRows', type: 'int', word: 6 },
    ],
  },
  {
    name: 'scatterAddRows',
    fields: [
      { name: 'values', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count * fields.c) },
      { name: 'indices', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 3, access: 'inout', optional: false, bytes: (fields) => 4 * (fields.outRows * fields.c) },
      { name: 'count', type: 'int', word: 4 },
      { name: 'c', type: 'int', word: 5 },
      { name: 'outRows', type: 'int', word: 6 },
      { name: 'accumulate', type: 'int', word: 7 },
    ],
  },
  {
    name: 'rmsNorm',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.c) },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'rstd', type: 'address', word: 4, access: 'out', optional: true, bytes: (fields) => 4 * (fields.rows) },
      { name: 'rows', type: 'int', word: 5 },
      { name: 'c', type: 'int', word: 6 },
      { name: 'epsilon', type: 'float', word: 7 },
    ],
  },
  {
    name: 'rmsNormGrad',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.c) },
      { name: 'rstd', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'dOut', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'dx', type: 'address', word: 5, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'dWeight', type: 'address', word: 6, access: 'inout', optional: true, bytes: (fields) => 4 * (fields.c) },
      { name: 'rows', type: 'int', word: 7 },
      { name: 'c', type: 'int', word: 8 },
      { name: 'accumulate', type: 'int', word: 9 },
    ],
  },
  {
    name: 'rope',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.width) },
      { name: 'table', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.tableRows * fields.headDimension) },
      { name: 'positions', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'queryNorm', type: 'address', word: 4, access: 'in', optional: true, bytes: (fields) => 4 * (fields.headDimension) },
      { name: 'keyNorm', type: 'address', word: 5, access: 'in', optional: true, bytes: (fields) => 4 * (fields.headDimension) },
      { name: 'out', type: 'address', word: 6, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.width) },
      { name: 'rows', type: 'int', word: 7 },
      { name: 'width', type: 'int', word: 8 },
      { name: 'headDimension', type: 'int', word: 9 },
      { name: 'headCount', type: 'int', word: 10 },
      { name: 'queryHeadCount', type: 'int', word: 11 },
      { name: 'epsilon', type: 'float', word: 12 },
      { name: 'inverse', type: 'int', word: 13 },
      { name: 'tableRows', type: 'int', word: 14 },
    ],
  },
  {
    name: 'ropeNormGrad',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.width) },
      { name: 'table', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.tableRows * fields.headDimension) },
      { name: 'positions', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'queryNorm', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => 4 * (fields.headDimension) },
      { name: 'keyNorm', type: 'address', word: 5, access: 'in', optional: false, bytes: (fields) => 4 * (fields.headDimension) },
      { name: 'dOut', type: 'address', word: 6, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.width) },
      { name: 'dx', type: 'address', word: 7, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.width) },
      { name: 'dQueryNorm', type: 'address', word: 8, access: 'out', optional: false, bytes: (fields) => 4 * (fields.headDimension) },
      { name: 'dKeyNorm', type: 'address', word: 9, access: 'out', optional: false, bytes: (fields) => 4 * (fields.headDimension) },
      { name: 'rows', type: 'int', word: 10 },
      { name: 'width', type: 'int', word: 11 },
      { name: 'headDimension', type: 'int', word: 12 },
      { name: 'headCount', type: 'int', word: 13 },
      { name: 'queryHeadCount', type: 'int', word: 14 },
      { name: 'epsilon', type: 'float', word: 15 },
      { name: 'tableRows', type: 'int', word: 16 },
    ],
  },
  {
    name: 'swiglu',
    fields: [
      { name: 'gateUp', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (2 * fields.rows * fields.f) },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.f) },
      { name: 'rows', type: 'int', word: 3 },
      { name: 'f', type: 'int', word: 4 },
    ],
  },
  {
    name: 'swigluGrad',
    fields: [
      { name: 'gateUp', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (2 * fields.rows * fields.f) },
      { name: 'dOut', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.f) },
      { name: 'dGateUp', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * (2 * fields.rows * fields.f) },
      { name: 'rows', type: 'int', word: 4 },
      { name: 'f', type: 'int', word: 5 },
    ],
  },
  {
    name: 'geglu',
    fields: [
      { name: 'gateUp', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (2 * fields.rows * fields.f) },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.f) },
      { name: 'rows', type: 'int', word: 3 },
      { name: 'f', type: 'int', word: 4 },
    ],
  },
  {
    name: 'gegluGrad',
    fields: [
      { name: 'gateUp', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (2 * fields.rows * fields.f) },
      { name: 'dOut', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.f) },
      { name: 'dGateUp', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * (2 * fields.rows * fields.f) },
      { name: 'rows', type: 'int', word: 4 },
      { name: 'f', type: 'int', word: 5 },
    ],
  },
  {
    name: 'attention',
    fields: [
      { name: 'qkv', type: 'address', word: 1, access: 'in', optional: false },
      { name: 'offsets', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.sequences + 1) },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false },
      { name: 'logSumExp', type: 'address', word: 4, access: 'out', optional: true },
      { name: 'sequences', type: 'int', word: 5 },
      { name: 'headCount', type: 'int', word: 6 },
      { name: 'keyValueHeadCount', type: 'int', word: 7 },
      { name: 'headDimension', type: 'int', word: 8 },
      { name: 'scale', type: 'float', word: 9 },
      { name: 'window', type: 'int', word: 10 },
    ],
  },
  {
    name: 'attentionGrad',
    fields: [
      { name: 'qkv', type: 'address', word: 1, access: 'in', optional: false },
      { name: 'offsets', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.sequences + 1) },
      { name: 'out', type: 'address', word: 3, access: 'in', optional: false },
      { name: 'logSumExp', type: 'address', word: 4, access: 'in', optional: false },
      { name: 'dOut', type: 'address', word: 5, access: 'in', optional: false },
      { name: 'dQkv', type: 'address', word: 6, access: 'out', optional: false },
      { name: 'sequences', type: 'int', word: 7 },
      { name: 'headCount', type: 'int', word: 8 },
      { name: 'keyValueHeadCount', type: 'int', word: 9 },
      { name: 'headDimension', type: 'int', word: 10 },
      { name: 'scale', type: 'float', word: 11 },
      { name: 'window', type: 'int', word: 12 },
    ],
  },
  {
    name: 'cachedAttention',
    fields: [
      { name: 'qkv', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * (fields.headCount + 2 * fields.keyValueHeadCount) * fields.headDimension) },
      { name: 'slots', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'positions', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'keyCache', type: 'address', word: 4, access: 'inout', optional: false, bytes: (fields) => fields.slotCount * fields.capacity * fields.keyValueHeadCount * fields.headDimension * (fields.cacheType === 1 ? 2 : 4) },
      { name: 'valueCache', type: 'address', word: 5, access: 'inout', optional: false, bytes: (fields) => fields.slotCount * fields.capacity * fields.keyValueHeadCount * fields.headDimension * (fields.cacheType === 1 ? 2 : 4) },
      { name: 'out', type: 'address', word: 6, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.headCount * fields.headDimension) },
      { name: 'rows', type: 'int', word: 7 },
      { name: 'capacity', type: 'int', word: 8 },
      { name: 'headCount', type: 'int', word: 9 },
      { name: 'keyValueHeadCount', type: 'int', word: 10 },
      { name: 'headDimension', type: 'int', word: 11 },
      { name: 'scale', type: 'float', word: 12 },
      { name: 'slotCount', type: 'int', word: 13 },
      { name: 'cacheType', type: 'int', word: 14 },
      { name: 'window', type: 'int', word: 15 },
    ],
  },
  {
    name: 'copyPrefix',
    fields: [
      { name: 'keyCache', type: 'address', word: 1, access: 'inout', optional: false, bytes: (fields) => (Math.max(fields.fromSlot, fields.toSlot) + 1) * fields.capacity * fields.keyValueHeadCount * fields.headDimension * (fields.cacheType === 1 ? 2 : 4) },
      { name: 'valueCache', type: 'address', word: 2, access: 'inout', optional: false, bytes: (fields) => (Math.max(fields.fromSlot, fields.toSlot) + 1) * fields.capacity * fields.keyValueHeadCount * fields.headDimension * (fields.cacheType === 1 ? 2 : 4) },
      { name: 'fromSlot', type: 'int', word: 3 },
      { name: 'toSlot', type: 'int', word: 4 },
      { name: 'length', type: 'int', word: 5 },
      { name: 'capacity', type: 'int', word: 6 },
      { name: 'keyValueHeadCount', type: 'int', word: 7 },
      { name: 'headDimension', type: 'int', word: 8 },
      { name: 'cacheType', type: 'int', word: 9 },
    ],
  },
  {
    name: 'roundColumns',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.columns) },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.columns) },
      { name: 'rows', type: 'int', word: 3 },
      { name: 'columns', type: 'int', word: 4 },
      { name: 'first', type: 'int', word: 5 },
    ],
  },
  {
    name: 'tokenLogProbs',
    fields: [
      { name: 'hidden', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => fields.type < 0 ? 4 * fields.v * fields.c : Math.ceil(fields.v / 16) * fields.c * ((fields.type & 15) === 0 ? 64 : (fields.type & 15) <= 2 ? 32 : (fields.type & 15) === 3 ? 17 : (fields.type & 15) === 4 ? 9 : (fields.type & 15) === 5 ? 10 : (fields.type & 15) === 6 ? 9.25 : (fields.type & 15) === 7 ? 11.25 : 13.125) },
      { name: 'targets', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.targetCount) },
      { name: 'bias', type: 'address', word: 4, access: 'in', optional: true, bytes: (fields) => 4 * (fields.v) },
      { name: 'logProbs', type: 'address', word: 5, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.targetCount) },
      { name: 'entropy', type: 'address', word: 6, access: 'out', optional: true, bytes: (fields) => 4 * (fields.rows) },
      { name: 'logSumExp', type: 'address', word: 7, access: 'out', optional: true, bytes: (fields) => 4 * (fields.rows) },
      { name: 'rows', type: 'int', word: 8 },
      { name: 'c', type: 'int', word: 9 },
      { name: 'v', type: 'int', word: 10 },
      { name: 'targetCount', type: 'int', word: 11 },
      { name: 'temperature', type: 'float', word: 12 },
      { name: 'innerScale', type: 'float', word: 13 },
      { name: 'cap', type: 'float', word: 14 },
      { name: 'type', type: 'int', word: 15 },
    ],
  },
  {
    name: 'tokenLogProbsGrad',
    fields: [
      { name: 'hidden', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => fields.type < 0 ? 4 * fields.v * fields.c : Math.ceil(fields.v / 16) * fields.c * (fields.type === 0 ? 64 : fields.type <= 2 ? 32 : fields.type === 3 ? 17 : fields.type === 4 ? 9 : fields.type === 5 ? 10 : fields.type === 6 ? 9.25 : fields.type === 7 ? 11.25 : 13.125) },
      { name: 'targets', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.targetCount) },
      { name: 'bias', type: 'address', word: 4, access: 'in', optional: true, bytes: (fields) => 4 * (fields.v) },
      { name: 'logSumExp', type: 'address', word: 5, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'dLogProbs', type: 'address', word: 6, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.targetCount) },
      { name: 'dHidden', type: 'address', word: 7, access: 'out', optional: true, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'dWeight', type: 'address', word: 8, access: 'inout', optional: true, bytes: (fields) => 4 * (fields.v * fields.c) },
      { name: 'dBias', type: 'address', word: 9, access: 'inout', optional: true, bytes: (fields) => 4 * (fields.v) },
      { name: 'rows', type: 'int', word: 10 },
      { name: 'c', type: 'int', word: 11 },
      { name: 'v', type: 'int', word: 12 },
      { name: 'targetCount', type: 'int', word: 13 },
      { name: 'temperature', type: 'float', word: 14 },
      { name: 'innerScale', type: 'float', word: 15 },
      { name: 'cap', type: 'float', word: 16 },
      { name: 'accumulate', type: 'int', word: 17 },
      { name: 'type', type: 'int', word: 18 },
    ],
  },
  {
    name: 'topTokenLogProbs',
    fields: [
      { name: 'hidden', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => fields.type < 0 ? 4 * fields.v * fields.c : Math.ceil(fields.v / 16) * fields.c * ((fields.type & 15) === 0 ? 64 : (fields.type & 15) <= 2 ? 32 : (fields.type & 15) === 3 ? 17 : (fields.type & 15) === 4 ? 9 : (fields.type & 15) === 5 ? 10 : (fields.type & 15) === 6 ? 9.25 : (fields.type & 15) === 7 ? 11.25 : 13.125) },
      { name: 'bias', type: 'address', word: 3, access: 'in', optional: true, bytes: (fields) => 4 * (fields.v) },
      { name: 'ids', type: 'address', word: 4, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.k) },
      { name: 'logProbs', type: 'address', word: 5, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * fields.k) },
      { name: 'rows', type: 'int', word: 6 },
      { name: 'c', type: 'int', word: 7 },
      { name: 'v', type: 'int', word: 8 },
      { name: 'k', type: 'int', word: 9 },
      { name: 'temperature', type: 'float', word: 10 },
      { name: 'innerScale', type: 'float', word: 11 },
      { name: 'cap', type: 'float', word: 12 },
      { name: 'type', type: 'int', word: 13 },
    ],
  },
  {
    name: 'headDivergence',
    fields: [
      { name: 'hidden', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => fields.type < 0 ? 4 * fields.v * fields.c : Math.ceil(fields.v / 16) * fields.c * ((fields.type & 15) === 0 ? 64 : (fields.type & 15) <= 2 ? 32 : (fields.type & 15) === 3 ? 17 : (fields.type & 15) === 4 ? 9 : (fields.type & 15) === 5 ? 10 : (fields.type & 15) === 6 ? 9.25 : (fields.type & 15) === 7 ? 11.25 : 13.125) },
      { name: 'teacherHidden', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.teacherC) },
      { name: 'teacherWeight', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => fields.teacherType < 0 ? 4 * fields.v * fields.teacherC : Math.ceil(fields.v / 16) * fields.teacherC * ((fields.teacherType & 15) === 0 ? 64 : (fields.teacherType & 15) <= 2 ? 32 : (fields.teacherType & 15) === 3 ? 17 : (fields.teacherType & 15) === 4 ? 9 : (fields.teacherType & 15) === 5 ? 10 : (fields.teacherType & 15) === 6 ? 9.25 : (fields.teacherType & 15) === 7 ? 11.25 : 13.125) },
      { name: 'targets', type: 'address', word: 5, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'divergence', type: 'address', word: 6, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'logProbs', type: 'address', word: 7, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'entropy', type: 'address', word: 8, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'numbers', type: 'address', word: 9, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows * 6) },
      { name: 'rows', type: 'int', word: 10 },
      { name: 'c', type: 'int', word: 11 },
      { name: 'teacherC', type: 'int', word: 12 },
      { name: 'v', type: 'int', word: 13 },
      { name: 'temperature', type: 'float', word: 14 },
      { name: 'beta', type: 'float', word: 15 },
      { name: 'type', type: 'int', word: 16 },
      { name: 'teacherType', type: 'int', word: 17 },
    ],
  },
  {
    name: 'headDivergenceGrad',
    fields: [
      { name: 'hidden', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'weight', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => fields.type < 0 ? 4 * fields.v * fields.c : Math.ceil(fields.v / 16) * fields.c * (fields.type === 0 ? 64 : fields.type <= 2 ? 32 : fields.type === 3 ? 17 : fields.type === 4 ? 9 : fields.type === 5 ? 10 : fields.type === 6 ? 9.25 : fields.type === 7 ? 11.25 : 13.125) },
      { name: 'teacherHidden', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.teacherC) },
      { name: 'teacherWeight', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => fields.teacherType < 0 ? 4 * fields.v * fields.teacherC : Math.ceil(fields.v / 16) * fields.teacherC * ((fields.teacherType & 15) === 0 ? 64 : (fields.teacherType & 15) <= 2 ? 32 : (fields.teacherType & 15) === 3 ? 17 : (fields.teacherType & 15) === 4 ? 9 : (fields.teacherType & 15) === 5 ? 10 : (fields.teacherType & 15) === 6 ? 9.25 : (fields.teacherType & 15) === 7 ? 11.25 : 13.125) },
      { name: 'numbers', type: 'address', word: 5, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * 6) },
      { name: 'dDivergence', type: 'address', word: 6, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'dHidden', type: 'address', word: 7, access: 'out', optional: true, bytes: (fields) => 4 * (fields.rows * fields.c) },
      { name: 'dWeight', type: 'address', word: 8, access: 'inout', optional: true, bytes: (fields) => 4 * (fields.v * fields.c) },
      { name: 'rows', type: 'int', word: 9 },
      { name: 'c', type: 'int', word: 10 },
      { name: 'teacherC', type: 'int', word: 11 },
      { name: 'v', type: 'int', word: 12 },
      { name: 'temperature', type: 'float', word: 13 },
      { name: 'beta', type: 'float', word: 14 },
      { name: 'accumulate', type: 'int', word: 15 },
      { name: 'type', type: 'int', word: 16 },
      { name: 'teacherType', type: 'int', word: 17 },
    ],
  },
  {
    name: 'sampleTokens',
    fields: [
      { name: 'logits', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.v) },
      { name: 'settings', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * 7) },
      { name: 'seeds', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'keys', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'positions', type: 'address', word: 5, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'slots', type: 'address', word: 6, access: 'in', optional: true, bytes: (fields) => 4 * (fields.rows) },
      { name: 'counts', type: 'address', word: 7, access: 'inout', optional: true, bytes: (fields) => 4 * (fields.slotCount * fields.v) },
      { name: 'ids', type: 'address', word: 8, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'logProbs', type: 'address', word: 9, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'rows', type: 'int', word: 10 },
      { name: 'v', type: 'int', word: 11 },
      { name: 'slotCount', type: 'int', word: 12 },
    ],
  },
  {
    name: 'startCounts',
    fields: [
      { name: 'counts', type: 'address', word: 1, access: 'inout', optional: false, bytes: (fields) => 4 * ((fields.slot + 1) * fields.v) },
      { name: 'promptIds', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.length) },
      { name: 'slot', type: 'int', word: 3 },
      { name: 'length', type: 'int', word: 4 },
      { name: 'v', type: 'int', word: 5 },
    ],
  },
  {
    name: 'adamW',
    fields: [
      { name: 'tensors', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (9 * fields.tensorCount) },
      { name: 'tensorCount', type: 'int', word: 2 },
      { name: 'elements', type: 'long', word: 3 },
      { name: 'oneMinusBeta1', type: 'float', word: 5 },
      { name: 'beta2', type: 'float', word: 6 },
      { name: 'oneMinusBeta2', type: 'float', word: 7 },
      { name: 'epsilon', type: 'float', word: 8 },
      { name: 'gradientScale', type: 'address', word: 9, access: 'in', optional: true, bytes: () => 4 },
    ],
  },
  {
    name: 'globalNorm',
    fields: [
      { name: 'tensors', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (2 * fields.tensorCount) },
      { name: 'tensorCount', type: 'int', word: 2 },
      { name: 'elements', type: 'long', word: 3 },
      { name: 'norm', type: 'address', word: 5, access: 'out', optional: false, bytes: () => 4 },
    ],
  },
  {
    name: 'clipScale',
    fields: [
      { name: 'norm', type: 'address', word: 1, access: 'in', optional: false, bytes: () => 4 },
      { name: 'maxNorm', type: 'float', word: 2 },
      { name: 'scale', type: 'address', word: 3, access: 'out', optional: false, bytes: () => 4 },
    ],
  },
  {
    name: 'binary',
    fields: [
      { name: 'op', type: 'int', word: 1 },
      { name: 'type', type: 'int', word: 2 },
      { name: 'a', type: 'address', word: 3, access: 'in', optional: false },
      { name: 'b', type: 'address', word: 4, access: 'in', optional: false },
      { name: 'out', type: 'address', word: 5, access: 'out', optional: false, bytes: (fields) => fields.d0 * fields.d1 * fields.d2 * fields.d3 * (fields.op >= 10 || fields.type === 2 ? 1 : 4) },
      { name: 'd0', type: 'int', word: 6 },
      { name: 'd1', type: 'int', word: 7 },
      { name: 'd2', type: 'int', word: 8 },
      { name: 'd3', type: 'int', word: 9 },
      { name: 'a0', type: 'int', word: 10 },
      { name: 'a1', type: 'int', word: 11 },
      { name: 'a2', type: 'int', word: 12 },
      { name: 'a3', type: 'int', word: 13 },
      { name: 'b0', type: 'int', word: 14 },
      { name: 'b1', type: 'int', word: 15 },
      { name: 'b2', type: 'int', word: 16 },
      { name: 'b3', type: 'int', word: 17 },
    ],
  },
  {
    name: 'unary',
    fields: [
      { name: 'op', type: 'int', word: 1 },
      { name: 'type', type: 'int', word: 2 },
      { name: 'x', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => fields.count },
      { name: 'out', type: 'address', word: 4, access: 'out', optional: false, bytes: (fields) => fields.count },
      { name: 'count', type: 'int', word: 5 },
      { name: 'low', type: 'float', word: 6 },
      { name: 'high', type: 'float', word: 7 },
    ],
  },
  {
    name: 'select',
    fields: [
      { name: 'type', type: 'int', word: 1 },
      { name: 'condition', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => Math.ceil(fields.count / fields.inner) },
      { name: 'a', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => fields.count * (fields.type === 2 ? 1 : 4) },
      { name: 'b', type: 'address', word: 4, access: 'in', optional: false, bytes: (fields) => fields.count * (fields.type === 2 ? 1 : 4) },
      { name: 'out', type: 'address', word: 5, access: 'out', optional: false, bytes: (fields) => fields.count * (fields.type === 2 ? 1 : 4) },
      { name: 'count', type: 'int', word: 6 },
      { name: 'inner', type: 'int', word: 7 },
    ],
  },
  {
    name: 'reduce',
    fields: [
      { name: 'op', type: 'int', word: 1 },
      { name: 'type', type: 'int', word: 2 },
      { name: 'x', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => fields.outer * fields.length * fields.inner * (fields.type === 2 ? 1 : 4) },
      { name: 'out', type: 'address', word: 4, access: 'out', optional: false, bytes: (fields) => fields.outer * fields.inner * (fields.type === 2 ? 1 : 4) },
      { name: 'outer', type: 'int', word: 5 },
      { name: 'length', type: 'int', word: 6 },
      { name: 'inner', type: 'int', word: 7 },
    ],
  },
  {
    name: 'cumsum',
    fields: [
      { name: 'type', type: 'int', word: 1 },
      { name: 'x', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * fields.outer * fields.length * fields.inner },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * fields.outer * fields.length * fields.inner },
      { name: 'outer', type: 'int', word: 4 },
      { name: 'length', type: 'int', word: 5 },
      { name: 'inner', type: 'int', word: 6 },
      { name: 'exclusive', type: 'int', word: 7 },
      { name: 'reverse', type: 'int', word: 8 },
    ],
  },
  {
    name: 'cast',
    fields: [
      { name: 'from', type: 'int', word: 1 },
      { name: 'to', type: 'int', word: 2 },
      { name: 'x', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => fields.count * (fields.from === 2 ? 1 : 4) },
      { name: 'out', type: 'address', word: 4, access: 'out', optional: false, bytes: (fields) => fields.count * (fields.to === 2 ? 1 : 4) },
      { name: 'count', type: 'int', word: 5 },
    ],
  },
  {
    name: 'stridedCopy',
    fields: [
      { name: 'type', type: 'int', word: 1 },
      { name: 'x', type: 'address', word: 2, access: 'in', optional: false },
      { name: 'out', type: 'address', word: 3, access: 'inout', optional: false },
      { name: 'xOffset', type: 'int', word: 4 },
      { name: 'outOffset', type: 'int', word: 5 },
      { name: 'd0', type: 'int', word: 6 },
      { name: 'd1', type: 'int', word: 7 },
      { name: 'd2', type: 'int', word: 8 },
      { name: 'd3', type: 'int', word: 9 },
      { name: 'd4', type: 'int', word: 10 },
      { name: 'x0', type: 'int', word: 11 },
      { name: 'x1', type: 'int', word: 12 },
      { name: 'x2', type: 'int', word: 13 },
      { name: 'x3', type: 'int', word: 14 },
      { name: 'x4', type: 'int', word: 15 },
      { name: 'o0', type: 'int', word: 16 },
      { name: 'o1', type: 'int', word: 17 },
      { name: 'o2', type: 'int', word: 18 },
      { name: 'o3', type: 'int', word: 19 },
      { name: 'o4', type: 'int', word: 20 },
    ],
  },
  {
    name: 'gather',
    fields: [
      { name: 'type', type: 'int', word: 1 },
      { name: 'x', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => fields.outer * fields.axisSize * fields.inner * (fields.type === 2 ? 1 : 4) },
      { name: 'indices', type: 'address', word: 3, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 4, access: 'out', optional: false, bytes: (fields) => fields.outer * fields.count * fields.inner * (fields.type === 2 ? 1 : 4) },
      { name: 'outer', type: 'int', word: 5 },
      { name: 'axisSize', type: 'int', word: 6 },
      { name: 'inner', type: 'int', word: 7 },
      { name: 'count', type: 'int', word: 8 },
    ],
  },
  {
    name: 'scatterAdd',
    fields: [
      { name: 'values', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.outer * fields.count * fields.inner) },
      { name: 'indices', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => 4 * (fields.outer * fields.outSize * fields.inner) },
      { name: 'outer', type: 'int', word: 4 },
      { name: 'outSize', type: 'int', word: 5 },
      { name: 'inner', type: 'int', word: 6 },
      { name: 'count', type: 'int', word: 7 },
    ],
  },
  {
    name: 'oneHot',
    fields: [
      { name: 'outType', type: 'int', word: 1 },
      { name: 'indices', type: 'address', word: 2, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 3, access: 'out', optional: false, bytes: (fields) => fields.count * fields.depth * (fields.outType === 2 ? 1 : 4) },
      { name: 'count', type: 'int', word: 4 },
      { name: 'depth', type: 'int', word: 5 },
      { name: 'on', type: 'float', word: 6 },
      { name: 'off', type: 'float', word: 7 },
    ],
  },
  {
    name: 'fill',
    fields: [
      { name: 'type', type: 'int', word: 1 },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => fields.count * (fields.type === 2 ? 1 : 4) },
      { name: 'count', type: 'int', word: 3 },
      { name: 'value', type: 'int', word: 4 },
    ],
  },
  {
    name: 'range',
    fields: [
      { name: 'type', type: 'int', word: 1 },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * fields.count },
      { name: 'count', type: 'int', word: 3 },
      { name: 'start', type: 'float', word: 4 },
      { name: 'step', type: 'float', word: 5 },
    ],
  },
  {
    name: 'copyBytes',
    fields: [
      { name: 'from', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => fields.bytes },
      { name: 'to', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => fields.bytes },
      { name: 'bytes', type: 'long', word: 3 },
    ],
  },
  {
    name: 'argMax',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.rows * fields.n) },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * (fields.rows) },
      { name: 'rows', type: 'int', word: 3 },
      { name: 'n', type: 'int', word: 4 },
    ],
  },
  {
    name: 'addInt',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'inout', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'count', type: 'int', word: 2 },
      { name: 'by', type: 'int', word: 3 },
    ],
  },
  {
    name: 'randomUniform',
    fields: [
      { name: 'out', type: 'address', word: 1, access: 'out', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'count', type: 'int', word: 2 },
      { name: 'key0', type: 'int', word: 3 },
      { name: 'key1', type: 'int', word: 4 },
      { name: 'counter1', type: 'int', word: 5 },
      { name: 'counter2', type: 'int', word: 6 },
      { name: 'counter3', type: 'int', word: 7 },
      { name: 'low', type: 'float', word: 8 },
      { name: 'high', type: 'float', word: 9 },
    ],
  },
  {
    name: 'randomNormal',
    fields: [
      { name: 'out', type: 'address', word: 1, access: 'out', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'count', type: 'int', word: 2 },
      { name: 'key0', type: 'int', word: 3 },
      { name: 'key1', type: 'int', word: 4 },
      { name: 'counter1', type: 'int', word: 5 },
      { name: 'counter2', type: 'int', word: 6 },
      { name: 'counter3', type: 'int', word: 7 },
      { name: 'mean', type: 'float', word: 8 },
      { name: 'deviation', type: 'float', word: 9 },
    ],
  },
  {
    name: 'dropout',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'out', type: 'address', word: 2, access: 'out', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'count', type: 'int', word: 3 },
      { name: 'key0', type: 'int', word: 4 },
      { name: 'key1', type: 'int', word: 5 },
      { name: 'counter1', type: 'int', word: 6 },
      { name: 'counter2', type: 'int', word: 7 },
      { name: 'counter3', type: 'int', word: 8 },
      { name: 'rate', type: 'float', word: 9 },
    ],
  },
  {
    name: 'roofline',
    fields: [
      { name: 'x', type: 'address', word: 1, access: 'in', optional: false, bytes: (fields) => 4 * (fields.count) },
      { name: 'count', type: 'int', word: 2 },
      { name: 'iterations', type: 'int', word: 3 },
      { name: 'out', type: 'address', word: 4, access: 'out', optional: false, bytes: () => 8 },
    ],
  },
];
