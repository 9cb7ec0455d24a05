// `thinkwright rewards serve <names...>`: the reward server in the foreground, until Ctrl-C.

import { createCodeRunner, serveRewards } from '@thinkwright/reward-server';
import { watchInterrupt } from '../interrupt.ts';
import { createOutput } from '../output.ts';

export interface ServeOptions {
  port: number;
  host: string;
  /** Worker processes; default the processors. */
  workers?: number;
  /** Answers SandboxFusion's /run_code as well. */
  runCode?: boolean;
}

export async function serveVerifiers(names: string[], { port, host, workers, runCode }: ServeOptions): Promise<number> {
  const output = createOutput();
  const { colors } = output;
  const apiKey = process.env.THINKWRIGHT_REWARDS_KEY || undefined;
  const interrupt = watchInterrupt(() =>
    output.note('Closing: accepted requests are finished first; once more stops at once.'),
  );
  // Sandboxes of code take seconds to start.
  output.note(colors.dim('Starting worker processes …'));
  const runner = runCode ? await createCodeRunner() : undefined;
  try {
    const server = await serveRewards({
      verifiers: names,
      workers: { ...(workers ? { workers } : {}) },
      port,
      host,
      signal: interrupt.signal,
      ...(apiKey ? { apiKey } : {}),
      ...(runner ? { runCode: runner.run } : {}),
    });
    const processes = server.workers!.processIds().length;
    output.note(
      `${colors.bold(server.url)} serves ${names.map((name) => colors.green(name)).join(', ')} from ${processes} worker ${processes === 1 ? 'process' : 'processes'}`,
    );
    output.note(
      colors.dim(
        `/v1/score, /get_reward (OpenRLHF), /slime, /verify (NeMo Gym), /step and /ws (OpenEnv), ${runner ? '/run_code (SandboxFusion), ' : ''}/openapi.json, /metrics`,
      ),
    );
    await server.closed;
  } finally {
    interrupt.dispose();
    await runner?.close();
  }
  // Ctrl-C is how a server ends: nothing failed.
  return 0;
}
