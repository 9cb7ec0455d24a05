// SandboxFusion's POST /run_code, as verl asks it: run one program on one standard input. Running is the business of the function that
// is passed in (a sandbox!); this file speaks the protocol. verl tries again on 504 alone, so that is what a failure of ours is here.
import type { Hono } from 'hono';
import { expectType } from '../completion-context.ts';
import { ServerError } from '../errors.ts';
import { answerJson, type RewardService } from '../service.ts';

export interface CodeToRun {
  language: string;
  code: string;
  stdin: string;
  /** Seconds. */
  compileTimeout: number;
  runTimeout: number;
  memoryLimitMegabytes: number;
  /** Contents by path, in base64. */
  files: Record<string, string>;
  signal: AbortSignal;
}

export interface CodePhase {
  status: 'Finished' | 'Error' | 'TimeLimitExceeded';
  /** Seconds. */
  executionTime: number;
  returnCode: number | null;
  stdout: string;
  stderr: string;
}

export interface CodeResult {
  /** For languages that are compiled. */
  compile?: CodePhase;
  /** Missing when compilation failed. */
  run?: CodePhase;
}

/** Runs a program in a sandbox. A program that fails is a result; throwing says that the sandbox failed. */
export type RunCode = (program: CodeToRun) => Promise<CodeResult>;

export function sandboxFusion(app: Hono, service: RewardService, runCode: RunCode): void {
  app.post('/run_code', (context) =>
    answerJson(service, context, async (body, signal) => {
      const program = readProgram(expectType(body, 'object', 'body'), signal);
      const result = await runCode(program).catch((error: unknown) => {
        if (error instanceof ServerError) throw error;
        throw new ServerError('TW_SERVER_FAILED', 504, `the sandbox failed: ${(error as Error).message}`, {
          cause: error,
        });
      });
      const passed = result.run?.status === 'Finished' && result.run.returnCode === 0;
      return {
        status: passed ? 'Success' : 'Failed',
        message: '',
        compile_result: result.compile ? phase(result.compile) : null,
        run_result: result.run ? phase(result.run) : null,
        executor_pod_name: null,
        files: {},
      };
    }),
  );
}

function readProgram(body: Record<string, unknown>, signal: AbortSignal): CodeToRun {
  const seconds = (key: string) =>
    body[key] === undefined || body[key] === null ? 10 : expectType(body[key], 'number', key);
  const files = body.files === undefined || body.files === null ? {} : expectType(body.files, 'object', 'files');
  return {
    language: expectType(body.language, 'string', 'language'),
    code: expectType(body.code, 'string', 'code'),
    stdin: body.stdin === undefined || body.stdin === null ? '' : expectType(body.stdin, 'string', 'stdin'),
    compileTimeout: seconds('compile_timeout'),
    runTimeout: seconds('run_timeout'),
    memoryLimitMegabytes: typeof body.memory_limit_MB === 'number' ? body.memory_limit_MB : -1,
    files: Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path, expectType(text, 'string', `files.${path}`)]),
    ),
    signal,
  };
}

const phase = ({ status, executionTime, returnCode, stdout, stderr }: CodePhase) => ({
  status,
  execution_time: executionTime,
  return_code: returnCode,
  stdout,
  stderr,
});
