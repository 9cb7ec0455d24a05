// Compiles the native sources on first use into a cache folder keyed by the sources, the compiler and the platform.
// Two processes that start at once compile once; a finished folder appears by rename, so that it is never half there.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isRunning, withBuildLock } from './build-lock.ts';
import { KernelError } from './errors.ts';

const run = promisify(execFile);
const ADDON = 'thinkwright.node';
const FLAGS = [
  '-std=c++20',
  '-O3',
  '-fPIC',
  '-pthread',
  '-ffp-contract=off',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
];
const AVX2_FLAGS = ['-mavx2', '-mfma', '-mf16c'];
// -Wuninitialized: g++ 12 warns inside its own headers (GCC bug 105593).
const AVX512_FLAGS = [...AVX2_FLAGS, '-Wno-uninitialized', '-mavx512f', '-mavx512vl', '-mavx512dq', '-mavx512bw'];
const FILE_FLAGS = [
  { suffix: '-avx2.cc', architecture: 'x64', flags: AVX2_FLAGS },
  { suffix: '-avx512.cc', architecture: 'x64', flags: AVX512_FLAGS },
  { suffix: '-avx-vnni.cc', architecture: 'x64', flags: [...AVX2_FLAGS, '-mavxvnni'] },
  { suffix: '-avx512-vnni.cc', architecture: 'x64', flags: [...AVX512_FLAGS, '-mavx512vnni'] },
  { suffix: '-avx512-bf16.cc', architecture: 'x64', flags: [...AVX512_FLAGS, '-mavx512bf16'] },
  { suffix: '-neon.cc', architecture: 'arm64', flags: [] },
  { suffix: '-neon-dot.cc', architecture: 'arm64', flags: ['-march=armv8.2-a+dotprod'] },
];
const LINK_FLAGS = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];

export interface BuildOptions {
  signal?: AbortSignal;
  /** The folder of the C++ sources. Default: native/ of this package. */
  sources?: string;
  /** Default: CXX, else the first of g++, clang++, c++ that runs. */
  compiler?: string;
  /** Default: THINKWRIGHT_KERNELS_CACHE, else .cache in this package, else the user's cache folder. */
  cacheFolder?: string;
  /** Receives the one line that announces a compilation. Default: standard error. */
  announce?: (line: string) => void;
}

export interface Compiler {
  command: string;
  version: string;
}

/** The package's own sources, seen from src/ and from dist/ alike. */
const NATIVE = fileURLToPath(new URL('../native', import.meta.url));

/** The compiler that would be used. Throws TW_KERNELS_NO_COMPILER. */
export async function findCompiler(preferred = process.env.CXX): Promise<Compiler> {
  const candidates = preferred ? [preferred] : ['g++', 'clang++', 'c++'];
  for (const command of candidates) {
    try {
      const { stdout } = await run(command, ['--version']);
      return { command, version: stdout.split('\n')[0]!.trim() };
    } catch {
      // not installed or not runnable: the next one
    }
  }
  const tried = preferred ? `CXX=${preferred} does not run` : `none of ${candidates.join(', ')} runs`;
  throw new KernelError(
    'TW_KERNELS_NO_COMPILER',
    `the native device is compiled on first use, but there is no C++ compiler: ${tried}`,
    {
      fix:
        'Install one (Debian and Ubuntu: apt install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install), ' +
        'or set CXX, or use the slow device: THINKWRIGHT_DEVICE=cpu.',
    },
  );
}

export interface AddonLocation {
  path: string;
  compiled: boolean;
  /** Absent when there is none but an addon of these very sources was compiled before. */
  compiler?: Compiler;
}

/** Where the addon of these sources lies or will lie. Throws when it is not compiled and cannot be. */
export async function locateAddon(options: BuildOptions = {}): Promise<AddonLocation> {
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new KernelError(
      'TW_KERNELS_UNSUPPORTED_PLATFORM',
      `the native device runs on Linux and macOS, not on ${process.platform}`,
      { fix: 'Use WSL, or the slow device: THINKWRIGHT_DEVICE=cpu.' },
    );
  }
  const folder = options.cacheFolder ?? cacheFolder();
  const sources = `${process.platform}-${process.arch}-${hashSources(options.sources ?? NATIVE)}`;
  try {
    const compiler = await findCompiler(options.compiler);
    const path = join(folder, `${sources}-${digest(JSON.stringify(compiler))}`, ADDON);
    return { path, compiled: existsSync(path), compiler };
  } catch (error) {
    const earlier = await anyCompiled(folder, sources);
    if (earlier === undefined) throw error;
    return { path: earlier, compiled: true };
  }
}

async function anyCompiled(folder: string, sources: string): Promise<string | undefined> {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((entry) => entry.startsWith(`${sources}-`))
    .map((entry) => join(folder, entry, ADDON))
    .find((path) => existsSync(path));
}

/** The compiled addon; compiles it when it is not there yet (about ten seconds on two cores). */
export async function buildAddon(options: BuildOptions = {}): Promise<{ path: string; compiled: boolean }> {
  const { path, compiled, compiler } = await locateAddon(options);
  if (compiled || compiler === undefined) return { path, compiled: false };
  const target = dirname(path);
  await mkdir(dirname(target), { recursive: true });
  return withBuildLock(`${target}.lock`, options.signal, async () => {
    if (existsSync(path)) return { path, compiled: false };
    const announce = options.announce ?? ((line) => process.stderr.write(`${line}\n`));
    announce(`thinkwright: compiling the native kernels with ${compiler.version} (once; some seconds)`);
    const temporary = `${target}.${process.pid}.tmp`;
    try {
      await mkdir(temporary, { recursive: true });
      await compile(compiler.command, options.sources ?? NATIVE, temporary, options.signal);
      await rm(target, { recursive: true, force: true });
      await rename(temporary, target);
      await removeAbandoned(dirname(target));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return { path, compiled: true };
  });
}

/** What compilations that were killed have left. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry);
    const locked = entry.endsWith('.lock') ? await readFile(path, 'utf8').catch(() => undefined) : undefined;
    const owner = /\.(\d+)\.tmp$/.exec(entry)?.[1] ?? locked;
    if (owner !== undefined && !isRunning(Number(owner))) await rm(path, { recursive: true, force: true });
  }
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(cc|h)$/.test(file) && !file.startsWith('test'))
    .sort();
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8);

function hashSources(folder: string): string {
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, FILE_FLAGS, LINK_FLAGS]));
  for (const file of sourceFiles(folder)) {
    const text = readFileSync(join(folder, file));
    hash.update(`\0${file}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex').slice(0, 16);
}

async function compile(
  compiler: string,
  native: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const units = sourceFiles(native).filter((file) => {
    const special = FILE_FLAGS.find(({ suffix }) => file.endsWith(suffix));
    return file.endsWith('.cc') && (special === undefined || special.architecture === process.arch);
  });
  const objects = units.map((file) => join(folder, `${file.replaceAll(/[\\/]/g, '_')}.o`));
  const queue = units.map((file, i) => {
    const flags = FILE_FLAGS.find(({ suffix }) => file.endsWith(suffix))?.flags ?? [];
    const define = `-DNAPI_VERSION=8`;
    return [
      ...FLAGS,
      ...flags,
      define,
      `-I${native}`,
      `-isystem${headers}`,
      '-c',
      join(native, file),
      '-o',
      objects[i]!,
    ];
  });
  const failure = new AbortController();
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await invoke(compiler, next, stop);
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  } catch (error) {
    failure.abort();
    throw error;
  }
  await invoke(compiler, ['-shared', '-pthread', ...LINK_FLAGS, ...objects, '-o', join(folder, ADDON)], stop);
  // The objects stay beside the addon (3 MB): the self-test of the kernels links the very same ones.
}

async function invoke(compiler: string, parameters: string[], signal: AbortSignal): Promise<void> {
  try {
    await run(compiler, parameters, { signal, maxBuffer: 64 * 2 ** 20 });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { stderr, message } = error as { stderr?: string; message: string };
    const lines = (stderr || message).split('\n').filter((line) => /error|undefined|cannot|No space/i.test(line));
    const unit = parameters.find((parameter) => parameter.endsWith('.cc'));
    const what = unit === undefined ? 'linking' : basename(unit);
    throw new KernelError(
      'TW_KERNELS_COMPILE_FAILED',
      `${basename(compiler)} failed on ${what}: ${lines.slice(0, 4).join(' | ') || message}`,
      {
        fix:
          'The kernels need a C++20 compiler (g++ 11, clang++ 14 or newer) and a few MB of disk: set CXX to choose another, ' +
          'or use the slow device: THINKWRIGHT_DEVICE=cpu.',
        cause: error,
      },
    );
  }
}

/** The first folder that can be written to. */
function cacheFolder(): string {
  const user = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const chosen = process.env.THINKWRIGHT_KERNELS_CACHE;
  if (chosen) return chosen;
  const candidates = [
    fileURLToPath(new URL('../.cache/', import.meta.url)),
    join(user, 'thinkwright', 'kernels'),
    join(tmpdir(), `thinkwright-kernels-${process.getuid?.() ?? 0}`),
  ];
  for (const folder of candidates) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // read-only: the next one
    }
  }
  return candidates.at(-1)!;
}
