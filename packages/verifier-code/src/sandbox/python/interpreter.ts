// One CPython in wasm on the sealed system calls: continues from the image, runs text, is reset to the image in a millisecond.
import { Channels, Exit } from './channels.ts';
import { FileSystem } from './file-system.ts';
import type { PythonImage } from './image-format.ts';
import { MemoryView } from './memory-view.ts';
import { Denied, systemCalls } from './system-calls.ts';
import { encodeUtf8 } from './utf8.ts';
import { VirtualClock } from './virtual-clock.ts';

const PAGE = 65_536;

interface Exports {
  memory: WebAssembly.Memory;
  __indirect_function_table: WebAssembly.Table;
  malloc(bytes: number): number;
  PyRun_SimpleString(pointer: number): number;
  emscripten_stack_init?(): void;
  _emscripten_stack_restore(pointer: number): void;
}

export interface InterpreterParts {
  module: WebAssembly.Module;
  image: PythonImage;
  /** The bytes of the image's ranges. */
  pages: Uint8Array;
  library: Uint8Array;
}

/** Why a run did not come back by itself; null when it did. A sandbox with an end must be thrown away. */
export type RunEnd = null | { kind: 'exit' | 'denied' | 'trap'; detail: string };

export class Interpreter {
  readonly channels: Channels;
  readonly #files: FileSystem;
  readonly #clock = new VirtualClock();
  readonly #parts: InterpreterParts;
  readonly #exports: Exports;
  readonly #memory: MemoryView;
  #used = true;
  maxBytes: number;

  /** @param answer what the call stream leads to; null when this interpreter may not call out */
  constructor(parts: InterpreterParts, maxBytes: number, answer: ((question: Uint8Array) => Uint8Array) | null) {
    this.#parts = parts;
    this.maxBytes = maxBytes;
    this.channels = new Channels(answer);
    this.#files = new FileSystem(parts.library);
    const { image } = parts;
    const instance = new WebAssembly.Instance(parts.module, this.#imports());
    this.#exports = instance.exports as unknown as Exports;
    this.#memory = new MemoryView(this.#exports.memory);
    this.#fillTable(instance);
    if (this.#memory.size < image.memoryBytes) this.#memory.grow((image.memoryBytes - this.#memory.size) / PAGE);
    this.#exports.emscripten_stack_init?.();
    this.reset(0);
  }

  get memoryBytes(): number {
    return this.#memory.size;
  }

  /** Runs Python text, trusted: what a solution wrote goes in as `request`. */
  run(code: string, request: Uint8Array, input: Uint8Array = new Uint8Array(0)): RunEnd {
    this.#used = true;
    this.channels.open(input, request);
    const text = encodeUtf8(`${code}\0`);
    try {
      const pointer = this.#exports.malloc(text.length);
      this.#memory.bytes.set(text, pointer >>> 0);
      this.#exports.PyRun_SimpleString(pointer);
      return null;
    } catch (error) {
      if (error instanceof Exit) return { kind: 'exit', detail: String(error.status) };
      if (error instanceof Denied) return { kind: 'denied', detail: error.message };
      return { kind: 'trap', detail: String((error as Error)?.message ?? error) };
    }
  }

  /** Back to the image. */
  restore(): void {
    if (!this.#used) return;
    this.#restoreMemory();
    this.#files.reset();
    this.#used = false;
  }

  reset(seed: number): void {
    this.restore();
    this.#clock.reset(seed);
  }

  /** How often a byte string stands in memory. */
  occurrences(text: Uint8Array): number {
    const { bytes } = this.#memory;
    let count = 0;
    for (let start = bytes.indexOf(text[0]!); start >= 0; start = bytes.indexOf(text[0]!, start + 1)) {
      if (text.every((byte, i) => bytes[start + i] === byte)) count++;
    }
    return count;
  }

  #restoreMemory(): void {
    const { image, pages } = this.#parts;
    const { bytes } = this.#memory;
    let source = 0;
    let end = 0;
    for (const [offset, length] of image.ranges) {
      bytes.fill(0, end, offset);
      bytes.set(pages.subarray(source, source + length), offset);
      source += length;
      end = offset + length;
    }
    bytes.fill(0, end);
    this.#exports._emscripten_stack_restore(image.stackPointer);
  }

  #imports(): WebAssembly.Imports {
    const call = systemCalls({
      files: this.#files,
      channels: this.channels,
      clock: this.#clock,
      memory: () => this.#memory,
      table: () => this.#exports.__indirect_function_table,
      maxBytes: () => this.maxBytes,
    });
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module, name } of WebAssembly.Module.imports(this.#parts.module)) {
      imports[module] ??= {};
      if (module === 'GOT.func') {
        const [index] = this.#parts.image.functions[name] ?? [0];
        imports[module][name] = new WebAssembly.Global({ value: 'i32', mutable: true }, index);
      } else imports[module][name] = call(name) as WebAssembly.ImportValue;
    }
    return imports;
  }

  /** Functions whose address Python took while it was prepared stand where they stood then. */
  #fillTable(instance: WebAssembly.Instance): void {
    const { image } = this.#parts;
    const table = this.#exports.__indirect_function_table;
    table.grow(image.tableLength - table.length);
    for (const [index, name] of Object.values(image.functions)) {
      if (name !== null) table.set(index, instance.exports[name]);
    }
    const { wasm, index } = image.trampoline;
    const trampoline = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(wasm)), {
      env: { __indirect_function_table: table, memory: this.#exports.memory },
    });
    table.set(index, trampoline.exports.trampoline_call);
  }
}

function bytesOf(hexadecimal: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hexadecimal.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hexadecimal.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
