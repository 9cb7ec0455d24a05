// The files of the pinned Pyodide, and its wasm with a smaller memory: the module declares up to 4 GiB, and an isolate's memory
// limit does not count wasm. The number is rewritten in the binary, so that the engine itself refuses more.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** Our own modules in the image, in the order of their imports: `python/<name>.py`. */
export const HARNESS = ['channels', 'values', 'assertions', 'checker', 'solution'];
export const PYODIDE_FOLDER = path.dirname(require.resolve('pyodide/package.json'));
const PAGE = 65_536;
const MEMORY_SECTION = 5;
const MAGIC_BYTES = 8;

export function standardLibrary(): Uint8Array {
  return readFileSync(path.join(PYODIDE_FOLDER, 'python_stdlib.zip'));
}

/** @param maxBytes a multiple of 64 KiB */
export function pythonWasm(maxBytes: number): Uint8Array {
  return withMaximumMemory(readFileSync(path.join(PYODIDE_FOLDER, 'pyodide.asm.wasm')), maxBytes / PAGE);
}

/** Overwrites the maximum of the memory section, keeping its width. WebAssembly core specification, 5.4.7 and 5.5.8. */
export function withMaximumMemory(wasm: Uint8Array, maxPages: number): Uint8Array {
  const bytes = wasm.slice();
  let position = MAGIC_BYTES;
  while (position < bytes.length) {
    const section = bytes[position]!;
    const [length, start] = readLeb(bytes, position + 1);
    if (section === MEMORY_SECTION) {
      const [, flags] = readLeb(bytes, start);
      const [, maximum] = readLeb(bytes, flags + 1);
      if (!(bytes[flags]! & 1)) throw new Error('the wasm declares no maximum memory to replace');
      const [, end] = readLeb(bytes, maximum);
      writeLeb(bytes, maximum, end, maxPages);
      return bytes;
    }
    position = start + length;
  }
  throw new Error('the wasm has no memory section');
}

function readLeb(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  let position = from;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (!(byte & 0x80)) return [value, position];
  }
}

function writeLeb(bytes: Uint8Array, from: number, to: number, value: number): void {
  let rest = value;
  for (let position = from; position < to; position++) {
    bytes[position] = (rest & 0x7f) | (position < to - 1 ? 0x80 : 0);
    rest = Math.floor(rest / 128);
  }
  if (rest !== 0) throw new Error(`${value} does not fit into ${to - from} bytes`);
}
