// Bounds on what strangers may ask for, each with its reason.

export interface ServerLimits {
  /** Bytes of one body. 64 completions of 32k tokens are about 10 MB. Default 32 MiB. */
  bodyBytes: number;
  /** Bytes of all bodies that are being received or judged: what many slow clients may hold. Default 256 MiB. */
  allBodiesBytes: number;
  /** Time for a whole body to arrive, in milliseconds; a client that trickles is cut off. Default 30,000. */
  bodyMs: number;
  /** Nesting of JSON: deeper input is an attack on recursive code. Default 64. */
  depth: number;
  /** Completions of one request. Default 1,024. */
  items: number;
  /** Completions that wait; beyond, 429 with Retry-After. Default 8,192. */
  waitingItems: number;
  /** Requests that are judged at the same time: many, because a verifier may wait for a network or its worker be lost. Default 32. */
  concurrency: number;
  /** Time for judging one request, in milliseconds. Default 60,000. */
  judgeMs: number;
  /** Open sessions of the OpenEnv dialect. Default 256. */
  sessions: number;
}

export const DEFAULT_LIMITS: Readonly<ServerLimits> = {
  bodyBytes: 32 * 1024 * 1024,
  allBodiesBytes: 256 * 1024 * 1024,
  bodyMs: 30_000,
  depth: 64,
  items: 1024,
  waitingItems: 8192,
  concurrency: 32,
  judgeMs: 60_000,
  sessions: 256,
};
