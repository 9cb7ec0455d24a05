// Random hostile programs by the ten thousand: none may pass, escape, throw, or leave a process. Half an hour at its full length.
// Run: node --conditions=@thinkwright/source scripts/fuzz.mjs [count, default 50000] [first seed, default 0] [workers]
import { createCodeVerifier } from '@thinkwright/verifier-code';
import { fuzzVerifier } from '../src/test-programs/fuzz-verifier.ts';

const [count = 50_000, from = 0, workers = 2] = process.argv.slice(2).map(Number);
const started = performance.now();
const verifier = await createCodeVerifier({ workers, cacheSize: 0 });
const report = await fuzzVerifier(verifier, { from, count, onProgress: print });
print(report);
process.exitCode = report.faults.length === 0 ? 0 : 1;

function print({ programs, honest, statuses, faults }) {
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const { started: workersStarted } = verifier.counts();
  console.log(JSON.stringify({ programs, honest, minutes, workersStarted, statuses, faults }));
}
