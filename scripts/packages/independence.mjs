// What an author or user of verifiers gets: in an empty folder, the reward contract, a verifier of ours and one that was scaffolded
// a moment ago, from packed packages; no tensor library in the tree, few megabytes, and the example of each README runs as
// it stands and prints what it says.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const TENSOR_LIBRARIES =
  /^(?:@tensorflow\/.*|@thinkwright\/(?:tensors|kernels|models|device-.*)|onnxruntime.*|webgpu)$/;
const LARGEST_MEGABYTES = 60;

/**
 * @param tools { root, folder, run, bin, tarball }: the repository, an empty folder, a way to run a command, tools of the
 *   repository by name, and the packed file of a package.
 * @returns what was measured, in words
 */
export async function checkIndependence({ root, folder, run, bin, tarball }) {
  const home = path.join(folder, 'independence');
  mkdirSync(home);
  const install = (dependencies) => {
    const packed = { ...dependencies, '@thinkwright/rewards': `file:${tarball('@thinkwright/rewards')}` };
    writeFileSync(
      path.join(home, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies: packed, overrides: packed }),
    );
    return run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], home);
  };
  const math = { '@thinkwright/verifier-math': `file:${tarball('@thinkwright/verifier-math')}` };
  await install(math);
  const names = installed(path.join(home, 'node_modules'));
  const megabytes = size(path.join(home, 'node_modules')) / 1e6;
  const tensors = names.filter((name) => TENSOR_LIBRARIES.test(name));
  if (tensors.length > 0) throw new Error(`tensor libraries in the tree: ${tensors.join(', ')}`);
  if (megabytes > LARGEST_MEGABYTES)
    throw new Error(`${megabytes.toFixed(1)} MB installed; ${LARGEST_MEGABYTES} allowed`);

  const verifier = await scaffold({ root, folder, run, bin, tarball });
  await install({ ...math, 'thinkwright-verifier-maze': `file:${verifier}` });
  const packages = ['@thinkwright/rewards', '@thinkwright/verifier-math', 'thinkwright-verifier-maze'];
  for (const name of packages) await runExample(name, home, run);
  writeFileSync(
    path.join(home, 'check.mts'),
    `import { checkTable, checkVerifier } from '@thinkwright/rewards/test';
     import { loadVerifier } from '@thinkwright/rewards/verifiers';
     import { createRewardWorkers } from '@thinkwright/rewards/workers';
     import { rewardContext } from '@thinkwright/rewards/test';
     for (const name of ['math', 'maze']) {
       const { verifier, manifest } = await loadVerifier(name);
       const report = await checkVerifier(verifier, { manifest: manifest! });
       if (!report.passed) throw new Error(name + ' fails the kit:\\n' + checkTable(report));
     }
     await using workers = await createRewardWorkers({ verifiers: ['maze'], workers: 1 });
     const [score] = await workers.verifiers[0]!.reward([rewardContext('<answer>B</answer>', { row: { answer: 'B' } })]);
     if ((score as { value: number }).value !== 1) throw new Error('a worker process scored ' + JSON.stringify(score));`,
  );
  await run(process.execPath, ['check.mts'], home);
  rmSync(home, { recursive: true, force: true });
  return `${names.length} packages, ${megabytes.toFixed(1)} MB with verifier-math; the examples of ${packages.length} READMEs run`;
}

/** A new verifier, made, built and packed as its author would, with the tools of this repository. */
async function scaffold({ root, folder, run, bin, tarball }) {
  await run('tar', ['xf', tarball('create-thinkwright-verifier'), '-C', folder], folder);
  await run(process.execPath, [path.join(folder, 'package/dist/cli.js'), 'maze'], folder);
  const made = path.join(folder, 'thinkwright-verifier-maze');
  symlinkSync(path.join(root, 'node_modules'), path.join(made, 'node_modules'));
  await run(bin('tsc'), [], made);
  await run(bin('vitest'), ['run', '--root', made], made);
  await run(bin('tsup'), [], made);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], made);
  return path.join(folder, 'thinkwright-verifier-maze-0.0.0.tgz');
}

/** The first example of a README: each `console.log(…); // text` must print a line with which the text begins. */
async function runExample(name, home, run) {
  const readme = readFileSync(path.join(home, 'node_modules', name, 'README.md'), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1];
  if (example === undefined) throw new Error(`${name}: the README has no example`);
  writeFileSync(path.join(home, 'example.mts'), example);
  const printed = (await run(process.execPath, ['example.mts'], home)).trimEnd().split('\n');
  const promised = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  if (promised.length === 0) throw new Error(`${name}: the example promises no output`);
  for (const [index, text] of promised.entries()) {
    if (printed[index] === undefined || !text.startsWith(printed[index])) {
      throw new Error(
        `${name}: the README says ${JSON.stringify(text)}, the example prints ${JSON.stringify(printed[index])}`,
      );
    }
  }
}

function installed(modules) {
  return readdirSync(modules).flatMap((name) =>
    name.startsWith('.')
      ? []
      : name.startsWith('@')
        ? readdirSync(path.join(modules, name)).map((part) => `${name}/${part}`)
        : [name],
  );
}

function size(place) {
  const stat = statSync(place);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(place).reduce((sum, name) => sum + size(path.join(place, name)), 0);
}
