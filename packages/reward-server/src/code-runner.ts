// SandboxFusion's programs on @thinkwright/verifier-code: one run, one standard input, what it printed. The package is optional and
// loaded when asked for. Its sandboxes know Python, JavaScript and TypeScript; other languages of SandboxFusion are refused.
import type { CodeJob, CodeVerifierOptions, Verdict } from '@thinkwright/verifier-code';
import type { CodeResult, CodeToRun, RunCode } from './dialects/sandbox-fusion.ts';
import { ServerError } from './errors.ts';

export interface CodeRunner {
  run: RunCode;
  close(): Promise<void>;
}

const LANGUAGES: Record<string, CodeJob['language']> = {
  python: 'python',
  nodejs: 'javascript',
  javascript: 'javascript',
  typescript: 'typescript',
};
/** What a program may print. */
const OUTPUT_BYTES = 1 << 20;
const LEAST_MEMORY_MB = 64;
const SECONDS = { least: 0.1, most: 300 };

/** @throws ServerError TW_SERVER_OPTION when @thinkwright/verifier-code is not installed. */
export async function createCodeRunner(options: CodeVerifierOptions = {}): Promise<CodeRunner> {
  const { createCodeVerifier } = await import('@thinkwright/verifier-code').catch((error: unknown) => {
    throw new ServerError(
      'TW_SERVER_OPTION',
      500,
      `running code needs the sandboxes of @thinkwright/verifier-code: npm install @thinkwright/verifier-code (${(error as Error).message})`,
      { cause: error },
    );
  });
  // Equal programs are run again: a client may ask for the time that they took.
  const sandboxes = await createCodeVerifier({ cacheSize: 0, ...options });
  return {
    run: async (program) => resultOf(await sandboxes.verify(jobOf(program), { signal: program.signal }), program),
    close: () => sandboxes.close(),
  };
}

function jobOf({ language, code, stdin, runTimeout, memoryLimitMegabytes, files }: CodeToRun): CodeJob {
  const known = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language]! : undefined;
  if (!known) {
    throw new ServerError(
      'TW_SERVER_DIALECT',
      422,
      `language ${JSON.stringify(language)} cannot be run here. Known: ${Object.keys(LANGUAGES).join(', ')}`,
    );
  }
  if (Object.keys(files).length > 0) {
    throw new ServerError(
      'TW_SERVER_DIALECT',
      422,
      'files cannot be put into the sandbox: programs see standard input alone',
    );
  }
  const cpuMs = Math.round(1000 * Math.min(SECONDS.most, Math.max(SECONDS.least, runTimeout)));
  return {
    language: known,
    code,
    // The checker accepts every output, so what is left of the verdict is how the program ended.
    tests: {
      kind: 'stdio',
      cases: [{ input: stdin, output: '' }],
      checker: { language: 'javascript', code: 'function check() { return true; }' },
    },
    limits: {
      cpuMs,
      testCpuMs: cpuMs,
      // Wall time waits for processors that other programs use.
      wallMs: 3 * cpuMs,
      ...(memoryLimitMegabytes > 0 ? { memoryMb: Math.max(LEAST_MEMORY_MB, memoryLimitMegabytes) } : {}),
      outputBytes: OUTPUT_BYTES,
    },
  };
}

/** SandboxFusion's `Error` is its own failure; a program that fails is `Finished` with a return code. */
function resultOf({ status, output, failure, cpuMs }: Verdict, { runTimeout }: CodeToRun): CodeResult {
  const message = failure?.message ?? '';
  if (status === 'timeout') {
    const limit = { status: 'TimeLimitExceeded' as const, executionTime: runTimeout, returnCode: null };
    return { run: { ...limit, stdout: output, stderr: message } };
  }
  const passed = status === 'passed';
  return {
    run: {
      status: 'Finished',
      executionTime: cpuMs / 1000,
      returnCode: passed ? 0 : 1,
      stdout: output,
      stderr: passed ? '' : `${message}\n`,
    },
  };
}
