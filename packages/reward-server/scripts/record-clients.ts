// Records the requests of other projects' clients into src/fixtures/recorded-clients.json, from checkouts of their sources:
//   node --conditions=@thinkwright/source packages/reward-server/scripts/record-clients.ts PYTHON FOLDER
// FOLDER holds openrlhf, slime, verl, sandbox-fusion, nemo-gym and openenv, each with its commit in a file .commit.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createCodeRunner } from '../src/code-runner.ts';
import { serveRewards } from '../src/serve-rewards.ts';
import { recordedReward } from '../src/test-programs/recorded-reward.ts';

const [python = 'python3', clients = '.'] = process.argv.slice(2);
const runner = await createCodeRunner({ workers: 1 });
const server = await serveRewards({ verifiers: { math: recordedReward() }, runCode: runner.run, port: 0 });
try {
  const script = fileURLToPath(new URL('record-clients.py', import.meta.url));
  const text = await new Promise<string>((resolve, reject) => {
    execFile(python, [script, server.url, clients], { maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr || error.message)) : resolve(stdout),
    );
  });
  writeFileSync(
    new URL('../src/fixtures/recorded-clients.json', import.meta.url),
    `${JSON.stringify(JSON.parse(text), null, 1)}\n`,
  );
} finally {
  await server.close();
  await runner.close();
}
