// A process of its own, for the proof that answers stay apart: verifies a solution against tests that hold a marker, then counts
// the marker in the memories of both interpreters. Arguments: image file, marker. Prints [solution, checker].
import { loadParts, MAX_PYTHON_BYTES, PythonSandbox } from '../worker/python-sandbox.ts';
import { RunGuard } from '../worker/run-guard.ts';

const LIMIT_MS = 60_000;
const [imageFile, marker] = process.argv.slice(2) as [string, string];
const sandbox = await PythonSandbox.create(loadParts(imageFile));
const guard = new RunGuard({ cpuMs: LIMIT_MS, wallMs: LIMIT_MS });
await sandbox.configure({ seed: 0, memoryBytes: MAX_PYTHON_BYTES, outputBytes: 1024, valueBytes: 1 << 20 });
await sandbox.run('load', [JSON.stringify({ prelude: '', source: 'def solve(x):\n    return x\n' })], guard);
const tests = `assert solve('a') == '${marker}'\nexpected = ['${marker}', 1]\nassert solve(expected[1]) == expected\n`;
await sandbox.run('check', [JSON.stringify({ setup: '', tests, entryPoints: [], seed: 0 })], guard);
const counts = await sandbox.occurrences(marker);
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.kill(process.pid, 'SIGKILL'));
