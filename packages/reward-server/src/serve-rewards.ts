// The server: listens on this machine alone unless told otherwise, and then only with an API key; closes gracefully. Verifiers
// given by name judge in worker processes, so that the server answers whatever a verifier does.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve, upgradeWebSocket } from '@hono/node-server';
import type { RewardFunction, Verifier } from '@thinkwright/rewards';
import { createRewardWorkers, type RewardWorkers, type RewardWorkersOptions } from '@thinkwright/rewards/workers';
import { WebSocketServer } from 'ws';
import { createRewardApp, type RewardAppOptions, type ServedReward } from './app.ts';
import { ServerError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';

export interface ServeRewardsOptions extends Omit<RewardAppOptions, 'verifiers' | 'gauges'> {
  /**
   * Names of installed verifiers (or paths), which judge in worker processes; or verifiers and bare rewards by name, which
   * judge in this process and can block it. The first judges where a request names none.
   */
  verifiers: readonly (string | Verifier | ServedReward)[] | Readonly<Record<string, RewardFunction>>;
  /** For verifiers given by name: how many processes, where packages are looked for, when a silent one is killed. */
  workers?: Pick<RewardWorkersOptions, 'workers' | 'from' | 'hangMs' | 'jobsPerWorker'>;
  /** Default 5000; 0 takes a free one. */
  port?: number;
  /** Default 127.0.0.1. Any other address needs an API key. */
  host?: string;
  /** How long `close` waits for accepted requests, in milliseconds; default 10,000. */
  graceMs?: number;
  /** Closes the server. */
  signal?: AbortSignal;
}

export interface RewardServer {
  url: string;
  port: number;
  /** The worker processes, when verifiers were given by name. */
  workers?: Pick<RewardWorkers, 'processIds' | 'counts'>;
  /** Refuses new requests, lets accepted ones finish, then closes every socket. Safe to call twice. */
  close(): Promise<void>;
  /** Resolves when the server is closed. */
  closed: Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
/** A frame of the WebSocket holds one completion. */
const LARGEST_FRAME = 4 * 1024 * 1024;

/** @throws ServerError TW_SERVER_EXPOSED for an open address without a key, TW_SERVER_PORT when the port is taken. */
export async function serveRewards(options: ServeRewardsOptions): Promise<RewardServer> {
  const { port = 5000, host = '127.0.0.1', graceMs = 10_000, signal } = options;
  if (!LOOPBACK.has(host) && !options.apiKey) {
    throw new ServerError(
      'TW_SERVER_EXPOSED',
      500,
      `${host} can be reached from other machines: set an API key, or listen on 127.0.0.1`,
    );
  }
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { verifiers, workers } = await startWorkers(options, limits.judgeMs);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_FRAME });
  const { app, server } = await listening().catch(async (error) => {
    await workers?.close();
    throw error;
  });
  const { port: actual } = server.address() as AddressInfo;

  async function listening() {
    const app = createRewardApp({ ...options, verifiers, gauges: () => workerGauges(workers) }, upgradeWebSocket);
    return { app, server: await listen(app.fetch, sockets, port, host, limits.bodyMs) };
  }

  let closing: Promise<void> | undefined;
  let finished!: () => void;
  const closed = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const close = () => {
    closing ??= (async () => {
      signal?.removeEventListener('abort', close);
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await app.close(graceMs);
      for (const client of sockets.clients) client.close(1001, 'server closing');
      // What was judged is on its way; sockets that never finish are cut.
      const cut = setTimeout(() => server.closeAllConnections(), 500);
      for (const client of sockets.clients) setTimeout(() => client.terminate(), 500).unref();
      server.closeIdleConnections();
      await ended;
      clearTimeout(cut);
      sockets.close();
      await workers?.close();
      finished();
    })();
    return closing;
  };
  if (signal?.aborted) await close();
  else signal?.addEventListener('abort', close, { once: true });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
  return { url, port: actual, close, closed, ...(workers ? { workers } : {}) };
}

/** Verifiers given by name become rewards of worker processes, in the same places. */
async function startWorkers({ verifiers: given, workers: settings }: ServeRewardsOptions, judgeMs: number) {
  if (!Array.isArray(given)) return { verifiers: given as Readonly<Record<string, RewardFunction>> };
  const names = given.filter((one): one is string => typeof one === 'string');
  if (names.length === 0) return { verifiers: given as (Verifier | ServedReward)[] };
  const workers = await createRewardWorkers({ ...settings, verifiers: names, timeoutMs: judgeMs });
  const rewards = [...workers.verifiers];
  return { workers, verifiers: given.map((one: ServedReward) => (typeof one === 'string' ? rewards.shift()! : one)) };
}

function workerGauges(workers: RewardWorkers | undefined): Record<string, number> {
  if (!workers) return {};
  const { hung, died, retried } = workers.counts();
  const names = { thinkwright_workers_hung: hung, thinkwright_workers_died: died, thinkwright_jobs_retried: retried };
  return { thinkwright_workers: workers.processIds().length, ...names };
}

function listen(
  fetch: ReturnType<typeof createRewardApp>['fetch'],
  sockets: WebSocketServer,
  port: number,
  host: string,
  bodyMs: number,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        port,
        hostname: host,
        websocket: { server: sockets },
        // Clients that trickle headers or bodies are cut off; idle connections are kept for the next batch of a trainer.
        serverOptions: {
          headersTimeout: 10_000,
          requestTimeout: Math.max(10_000, bodyMs) + 5_000,
          keepAliveTimeout: 65_000,
          connectionsCheckingInterval: 2_000,
        },
      },
      () => resolve(server),
    ) as Server;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken =
        error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another, or 0 for a free one` : error.message;
      reject(new ServerError('TW_SERVER_PORT', 500, taken, { cause: error }));
    });
  });
}
