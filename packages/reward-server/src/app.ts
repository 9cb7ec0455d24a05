// The routes, as a fetch handler: answers Request with Response, so that tests and other runtimes need no socket.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RewardFunction, Verifier } from '@thinkwright/rewards';
import { Hono } from 'hono';
import type { UpgradeWebSocket } from 'hono/ws';
import { nemoGym } from './dialects/nemo-gym.ts';
import { openEnv } from './dialects/open-env.ts';
import { openRlhf } from './dialects/open-rlhf.ts';
import { ownProtocol } from './dialects/own.ts';
import { type RunCode, sandboxFusion } from './dialects/sandbox-fusion.ts';
import { slime } from './dialects/slime.ts';
import { ServerError } from './errors.ts';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts';
import { Metrics } from './metrics.ts';
import { OPENAPI } from './openapi.ts';
import { ScoringQueue } from './scoring-queue.ts';
import type { RewardService } from './service.ts';

/** A reward and what to call it, such as those of `createRewardWorkers`. */
export interface ServedReward {
  name: string;
  description: string;
  reward: RewardFunction;
}

export interface RewardAppOptions {
  /** Verifiers, or bare rewards by name. The first judges where a request names none. */
  verifiers: readonly (Verifier | ServedReward)[] | Readonly<Record<string, RewardFunction>>;
  /** Asked for as `Authorization: Bearer` or `X-API-Key` everywhere but on /health. */
  apiKey?: string;
  limits?: Partial<ServerLimits>;
  /** Turns on SandboxFusion's /run_code. Must be a sandbox. */
  runCode?: RunCode;
  /** More values for /metrics, by name. */
  gauges?: () => Record<string, number>;
}

export interface RewardApp {
  fetch: (request: Request, bindings?: unknown) => Response | Promise<Response>;
  /** Lets accepted requests finish and refuses new ones. */
  close(graceMs: number): Promise<void>;
}

/** @throws ServerError TW_SERVER_OPTION without verifiers. */
export function createRewardApp(options: RewardAppOptions, upgradeWebSocket?: UpgradeWebSocket): RewardApp {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const metrics = new Metrics();
  const queue = new ScoringQueue(limits, metrics);
  const service: RewardService = {
    verifiers: namedVerifiers(options.verifiers),
    limits,
    queue,
    metrics,
    meter: { bytes: 0 },
  };
  const app = new Hono();
  const paths = new Set<string>();

  app.use(async (context, next) => {
    const started = performance.now();
    await next();
    const path = paths.has(context.req.path) ? context.req.path : 'other';
    metrics.count('thinkwright_requests_total', `path="${path}",status="${context.res.status}"`);
    if (context.req.method === 'POST') metrics.observe((performance.now() - started) / 1000);
  });
  app.get('/health', (context) => context.json({ status: 'healthy' }));
  if (options.apiKey !== undefined) {
    const matches = keyCheck(options.apiKey);
    app.use(async ({ req }, next) => {
      const given = /^Bearer (.+)$/i.exec(req.header('authorization') ?? '')?.[1] ?? req.header('x-api-key');
      if (given === undefined || !matches(given)) {
        throw new ServerError('TW_SERVER_UNAUTHORIZED', 401, 'send the API key as "Authorization: Bearer <key>"');
      }
      await next();
    });
  }
  app.get('/openapi.json', (context) => context.json(OPENAPI));
  app.get('/metrics', (context) =>
    context.text(
      metrics.render({
        thinkwright_running_requests: queue.running,
        thinkwright_waiting_completions: queue.waitingItems,
        thinkwright_body_bytes: service.meter.bytes,
        ...options.gauges?.(),
      }),
    ),
  );
  ownProtocol(app, service);
  openRlhf(app, service);
  slime(app, service);
  nemoGym(app, service);
  openEnv(app, service, upgradeWebSocket);
  if (options.runCode) sandboxFusion(app, service, options.runCode);
  for (const { path, method } of app.routes) if (method !== 'ALL') paths.add(path);

  app.notFound(
    (context) =>
    context.json({ error: { code: 'TW_SERVER_DIALECT', message: `there is nothing at ${context.req.method} ${context.req.path}; GET /openapi.json lists what is` } }, 404), // biome-ignore format: one answer
  );
  app.onError((error, context) => {
    const known =
      error instanceof ServerError
        ? error
        : new ServerError('TW_SERVER_FAILED', 503, `unexpected: ${error.message}`, { retryAfterSeconds: 1 });
    if (known.retryAfterSeconds !== undefined) context.header('retry-after', String(known.retryAfterSeconds));
    return context.json({ error: { code: known.code, message: known.message } }, known.status);
  });
  return { fetch: app.fetch as RewardApp['fetch'], close: (graceMs) => queue.close(graceMs) };
}

function servedVerifier(one: Verifier | ServedReward) {
  const reward = 'reward' in one ? one.reward : one.createReward();
  return [one.name, { reward, description: one.description }] as const;
}

function namedVerifiers(given: RewardAppOptions['verifiers']): RewardService['verifiers'] {
  const entries = Array.isArray(given)
    ? given.map(servedVerifier)
    : Object.entries(given as Record<string, RewardFunction>).map(
        ([name, reward]) => [name, { reward, description: '' }] as const,
      );
  const verifiers = new Map(entries);
  if (verifiers.size === 0)
    throw new ServerError('TW_SERVER_OPTION', 500, 'pass at least one verifier: verifiers: { math: answerReward() }');
  if (verifiers.size < entries.length) {
    throw new ServerError(
      'TW_SERVER_OPTION',
      500,
      `two verifiers share a name: ${entries.map(([name]) => name).join(', ')}`,
    );
  }
  const odd = [...verifiers.keys()].find((name) => !/^[\w.-]+$/.test(name));
  if (odd !== undefined)
    throw new ServerError(
      'TW_SERVER_OPTION',
      500,
      `verifier name ${JSON.stringify(odd)}: letters, digits, "-", "_" and "." only`,
    );
  return verifiers;
}

/** In constant time, whatever the lengths. */
function keyCheck(apiKey: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(apiKey);
  return (given) => timingSafeEqual(digest(given), expected);
}
