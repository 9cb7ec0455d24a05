// The reward for code that tutorials print: exec of the first fenced block and each test in one namespace with empty builtins. Kept to
// show what attacks do to it; it runs inside a sandbox of this package, because it is none itself.
import type { CodeVerifier } from '../verifier.ts';

const PROGRAM = `
import json, re, sys
completion, tests = json.loads(sys.stdin.read())
match = re.search(r"\`\`\`python\\n(.*?)\`\`\`", completion, re.DOTALL)
passed = 0
for test in tests if match else []:
    try:
        exec(match.group(1) + "\\n" + test, {"__builtins__": {}})
        passed += 1
    except Exception:
        pass
print(passed / len(tests))
`;
const ACCEPT_ALL = { language: 'javascript', code: 'function check() { return true; }' } as const;
const LIMITS = { cpuMs: 3_000, testCpuMs: 3_000, memoryMb: 128 };

/** The fraction of tests, or what became of the trainer that ran it. */
export async function naiveExecReward(
  verifier: CodeVerifier,
  completion: string,
  tests: readonly string[],
): Promise<number | string> {
  const input = JSON.stringify([completion, tests]);
  const { status, output } = await verifier.verify({
    language: 'python',
    code: PROGRAM,
    tests: { kind: 'stdio', cases: [{ input, output: '' }], checker: ACCEPT_ALL },
    limits: LIMITS,
  });
  if (status === 'timeout') return 'hangs the trainer';
  if (status === 'memory') return "takes the trainer's memory";
  return /^\d\.\d+$/.test(output.trim()) ? Number(output) : 'ends the trainer';
}
