// Runs one side of a benchmark as a process of its own and reads the JSON lines it prints.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shared = process.env.THINKWRIGHT_SHARED ?? path.join(root, '../shared');
const baselines = path.join(shared, 'baselines');
const python = process.env.THINKWRIGHT_PEER_PYTHON;

/** The reference data, where it is present. */
export const dataFolder = path.join(shared, 'data');

/** Whether the Python peers can run here. */
export const peersPresent = python !== undefined && existsSync(baselines);

/** Why a benchmark of a whole model cannot run, if it cannot. */
export function needsModel({ model }) {
  return model ? undefined : 'give --model DIR (SmolLM2-135M-Instruct as a Hugging Face folder)';
}

/** A TypeScript program of this folder, from sources. */
export function ours(script, args = [], environment = {}) {
  const file = path.join(root, 'scripts/bench', script);
  return lastJson(process.execPath, ['--conditions=@thinkwright/source', file, ...args], environment);
}

/** A Python peer's last JSON line, or undefined where there is no peer. */
export async function peer(script, args = []) {
  return (await peerLines(script, args))?.at(-1);
}

/** All JSON lines of a Python peer, or undefined where there is no peer. */
export function peerLines(script, args = []) {
  if (!peersPresent) return Promise.resolve(undefined);
  return jsonLines(python, [path.join(baselines, script), ...args]);
}

/** llama.cpp's last JSON line, or undefined where THINKWRIGHT_LLAMA_PYTHON names no Python that has llama-cpp-python. */
export async function llamaCpp(args) {
  const llamaPython = process.env.THINKWRIGHT_LLAMA_PYTHON;
  if (llamaPython === undefined || !existsSync(baselines)) return undefined;
  return lastJson(llamaPython, [path.join(baselines, 'llama_cpp_python.py'), ...args]);
}

async function lastJson(file, args, environment) {
  return (await jsonLines(file, args, environment)).at(-1);
}

function jsonLines(file, args, environment = {}) {
  const options = { cwd: root, env: { ...process.env, ...environment }, maxBuffer: 1 << 28 };
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const lines = stdout.split('\n').filter((text) => text.startsWith('{"'));
      if (error || lines.length === 0) reject(new Error(`${file} ${args.join(' ')}\n${stderr.slice(-4000)}`));
      else resolve(lines.map((line) => JSON.parse(line)));
    });
  });
}
