// Checks what a user would install: every package is packed; publint and attw read the tarball; then each one is
// installed alone (with the packages it depends on, nothing else) in an empty folder, imported, and type-checked. Last, the
// packages of verifier authors together (packages/independence.mjs).
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkIndependence } from './packages/independence.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv.slice(2);
const bin = (name) => path.join(root, 'node_modules/.bin', name);
const folder = mkdtempSync(path.join(tmpdir(), 'thinkwright-packages-'));

const packages = new Map(
  readdirSync(path.join(root, 'packages'))
    .map((name) => JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')))
    .map((manifest) => [
      manifest.name,
      { manifest, source: path.join(root, 'packages', manifest.name.replace(/^@thinkwright\//, '')) },
    ]),
);

await eachOf(packages.values(), 2, async (entry) => {
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], entry.source);
  const info = Object.values(JSON.parse(packed))[0];
  entry.tarball = path.join(folder, info.filename);
  entry.size = info.size;
});

let failures = 0;
const wanted = [...packages.keys()].filter((name) => only.length === 0 || only.includes(name));
await eachOf(wanted, 2, async (name) => {
  const entry = packages.get(name);
  const checks = {
    publint: () => publint(entry),
    attw: () => attw(entry),
    'installs alone': () => installsAlone(name, entry),
  };
  for (const [check, work] of Object.entries(checks)) {
    try {
      await work();
      console.log(
        `ok      ${name}  ${check}${check === 'publint' ? `  (${Math.ceil(entry.size / 1024)} kB packed)` : ''}`,
      );
    } catch (error) {
      failures++;
      console.log(`FAILED  ${name}  ${check}\n${error.message}`);
    }
  }
});
if (only.length === 0 || only.includes('independence')) {
  try {
    const tarball = (name) => packages.get(name).tarball;
    console.log(`ok      verifier packages  ${await checkIndependence({ root, folder, run, bin, tarball })}`);
  } catch (error) {
    failures++;
    console.log(`FAILED  verifier packages\n${error.message}`);
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`${wanted.length} packages checked, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;

function publint(entry) {
  return run(bin('publint'), ['run', entry.tarball, '--strict'], root);
}

function attw(entry) {
  return run(bin('attw'), [entry.tarball, '--profile', 'esm-only', '--no-emoji'], root);
}

async function installsAlone(name, entry) {
  const home = path.join(folder, `alone-${path.basename(entry.source)}`);
  mkdirSync(home);
  const closure = closureOf(name);
  const dependencies = Object.fromEntries(
    closure.map((dependency) => [dependency, `file:${packages.get(dependency).tarball}`]),
  );
  writeFileSync(
    path.join(home, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies, overrides: dependencies }),
  );
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], home);
  const entries = Object.keys(entry.manifest.exports).filter((key) => !key.endsWith('.json') && key !== './cli');
  const imports = entries.map(
    (key, i) =>
      `import * as entry${i} from '${path.posix.join(name, key)}';\nconsole.log(Object.keys(entry${i}).length);`,
  );
  writeFileSync(path.join(home, 'main.mts'), `${imports.join('\n')}\n`);
  await run(process.execPath, ['main.mts'], home);
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
  await run(bin('tsc'), [...strict, ...types, '--skipLibCheck', 'main.mts'], home);
  rmSync(home, { recursive: true, force: true });
}

/** The package and every package of this repository that it needs. */
function closureOf(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const dependency of Object.keys(packages.get(name).manifest.dependencies ?? {})) {
    if (packages.has(dependency)) closureOf(dependency, found);
  }
  return [...found];
}

function run(file, args, cwd) {
  return new Promise((resolve, reject) => {
    execFile(file, args, { cwd, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${path.basename(file)} ${args.join(' ')}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

/** Runs `work` over the items, `width` at a time. */
async function eachOf(items, width, work) {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
