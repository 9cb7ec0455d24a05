// Builds the Python image: boots Pyodide once through its own loader, prepares it, writes down its memory. Trusted code only,
// in a process of its own, which ends with it. Arguments: the file to write.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_FOLDER } from '../package-folder.ts';
import type { PythonImage } from '../sandbox/python/image-format.ts';
import { writeImage } from './image-file.ts';
import { HARNESS, PYODIDE_FOLDER } from './pyodide-files.ts';

const PAGE = 4096;
const FIXED_TIME = 1_700_000_000_000;

interface PythonExports {
  memory: WebAssembly.Memory;
  __indirect_function_table: WebAssembly.Table;
  emscripten_stack_get_current(): number;
  _PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET: WebAssembly.Global;
  _PyRuntime: WebAssembly.Global;
  PyRun_SimpleString: unknown;
}

/** What passes by while Pyodide instantiates its modules. */
interface Observed {
  exports: PythonExports;
  functionImports: Record<string, WebAssembly.Global>;
  tableLength: number;
  trampoline: string;
}

const target = process.argv[2];
if (target === undefined) throw new Error('usage: build-main FILE');

fixTimeAndChance();
const observed = observeInstantiation();
const { loadPyodide } = await import('pyodide');
const pyodide = await loadPyodide({
  indexURL: `${PYODIDE_FOLDER}${path.sep}`,
  env: { PYTHONHASHSEED: '0', HOME: '/home/pyodide' },
  stdout: () => {},
  stderr: () => {},
});
const source = (name: string) => readFileSync(path.join(PACKAGE_FOLDER, 'python', name), 'utf8');
const harness = HARNESS.map((name) => [`thinkwright_${name}`, source(`${name}.py`)]);
pyodide.globals.set('HARNESS_SOURCES', JSON.stringify(harness));
pyodide.runPython(source('prepare.py'));
writeImage(target, takeImage(observed));
// Pyodide keeps handles open.
process.exit(0);

function takeImage({ exports, functionImports, tableLength, trampoline }: Observed): {
  image: PythonImage;
  pages: Uint8Array;
} {
  const table = exports.__indirect_function_table;
  const names = new Map(
    Object.entries(exports).flatMap(([name, value]) =>
      typeof value === 'function' ? [[value as unknown, name] as const] : [],
    ),
  );
  const functions: PythonImage['functions'] = {};
  for (const [name, global] of Object.entries(functionImports)) {
    const index = global.value as number;
    // Entries from before are the module's own; of the later ones only exports can be put back, the rest are unused stubs.
    functions[name] = [index, index < tableLength ? null : (names.get(table.get(index)) ?? null)];
  }
  const memory = new DataView(exports.memory.buffer);
  const offset = memory.getInt32(exports._PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET.value as number, true);
  const index = memory.getInt32((exports._PyRuntime.value as number) + offset, true);
  if (trampoline === '' || index < tableLength || index >= table.length) {
    throw new Error(`this Pyodide has no call trampoline where it should be (index ${index})`);
  }
  const bytes = new Uint8Array(exports.memory.buffer);
  const ranges = usedRanges(bytes);
  const pages = Buffer.concat(ranges.map(([start, length]) => bytes.subarray(start, start + length)));
  const image: PythonImage = {
    functions,
    tableLength: table.length,
    trampoline: { wasm: trampoline, index },
    stackPointer: exports.emscripten_stack_get_current(),
    memoryBytes: bytes.length,
    ranges,
  };
  return { image, pages };
}

function usedRanges(bytes: Uint8Array): [number, number][] {
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const ranges: [number, number][] = [];
  for (let start = 0; start < bytes.length; start += PAGE) {
    if (words.subarray(start / 8, (start + PAGE) / 8).every((word) => word === 0n)) continue;
    const last = ranges.at(-1);
    if (last && last[0] + last[1] === start) last[1] += PAGE;
    else ranges.push([start, PAGE]);
  }
  return ranges;
}

/** Wraps WebAssembly so that the main module's imports, table and exports can be read afterwards. */
function observeInstantiation(): Observed {
  const seen = { functionImports: {}, tableLength: 0, trampoline: '' } as Observed;
  const { instantiate, Module, Instance } = WebAssembly;
  const scope = WebAssembly as unknown as Record<string, unknown>;
  // Stack switching would put functions into the image that a sealed sandbox does not have.
  delete scope.Suspending;
  delete scope.promising;

  const look = (module: WebAssembly.Module, instance: WebAssembly.Instance, imports: WebAssembly.Imports) => {
    const exports = instance.exports as unknown as PythonExports;
    if (exports.PyRun_SimpleString === undefined) return;
    seen.exports = exports;
    seen.tableLength = exports.__indirect_function_table.length;
    for (const { module: from, name } of Module.imports(module)) {
      if (from === 'GOT.func') seen.functionImports[name] = imports[from]![name] as WebAssembly.Global;
    }
  };
  scope.instantiate = async (code: BufferSource, imports: WebAssembly.Imports) => {
    const module = code instanceof Module ? code : await WebAssembly.compile(code);
    const instance = await instantiate(module, imports);
    look(module, instance, imports);
    return code instanceof Module ? instance : { module, instance };
  };
  scope.Module = new Proxy(Module, {
    construct(type, [code]: [Uint8Array<ArrayBuffer>]) {
      const module = new type(code);
      if (Module.exports(module).some(({ name }) => name === 'trampoline_call')) {
        seen.trampoline = Buffer.from(code as Uint8Array).toString('hex');
      }
      return module;
    },
  });
  scope.Instance = Instance;
  return seen;
}

/** The same build gives the same image. */
function fixTimeAndChance(): void {
  Date.now = () => FIXED_TIME;
  performance.now = () => 0;
  let draws = 0;
  globalThis.crypto.getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
    const bytes = new Uint8Array(array!.buffer, array!.byteOffset, array!.byteLength);
    for (let i = 0; i < bytes.length; i += 32) {
      const block = createHash('sha256').update(String(draws++)).digest();
      bytes.set(block.subarray(0, Math.min(32, bytes.length - i)), i);
    }
    return array;
  };
}
