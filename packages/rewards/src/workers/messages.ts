// What the pool and its worker processes say to each other over the channel between processes (structured clone, so that token
// ids stay typed arrays). The pool trusts a worker's form, not its health: silence and death are part of the protocol.
import type { ScoreOutcome } from '../score-batch.ts';
import type { RewardContext } from '../types.ts';

/** A context without its signal, which cannot cross. */
export type SentContext = Omit<RewardContext, 'signal'>;

export interface WorkerSettings {
  verifiers: { name: string; options: Record<string, unknown> }[];
  /** The folder from which verifiers are looked for. */
  from: string;
  /** How often a worker says that it is alive, in milliseconds. */
  beatMs: number;
  /** Time for one call of a reward, in milliseconds. */
  timeoutMs: number;
}

export type ToWorker =
  | { type: 'load'; settings: WorkerSettings }
  | { type: 'score'; id: number; verifier: string; contexts: SentContext[] }
  | { type: 'cancel'; id: number }
  | { type: 'close' };

export type FromWorker =
  | { type: 'ready'; verifiers: { name: string; description: string }[] }
  | { type: 'failed'; message: string }
  | { type: 'alive' }
  | { type: 'scored'; id: number; outcomes: ScoreOutcome[] };
