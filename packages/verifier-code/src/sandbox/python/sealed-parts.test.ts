// The parts of the sealed runtime that need no Python: text, files, the memory limit in the binary.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withMaximumMemory } from '../../image/pyodide-files.ts';
import { Channels, Exit } from './channels.ts';
import { EBADF, ENAMETOOLONG, ENOENT, ENOSPC, EROFS } from './errno.ts';
import { FileSystem } from './file-system.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

describe('UTF-8', () => {
  it('equals TextEncoder and TextDecoder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        const bytes = new TextEncoder().encode(text);
        expect([...encodeUtf8(text)]).toEqual([...bytes]);
        expect(decodeUtf8(bytes)).toBe(text);
      }),
    );
  });

  it('replaces lone surrogates and broken bytes', () => {
    expect([...encodeUtf8('\ud800a')]).toEqual([...new TextEncoder().encode('\ud800a')]);
    expect(decodeUtf8(Uint8Array.of(0xff, 0x61))).toBe('\ufffda');
    expect(decodeUtf8(Uint8Array.of(0xe2, 0x82))).toContain('\ufffd');
  });
});

describe('the file system in memory', () => {
  const library = Uint8Array.of(1, 2, 3);
  const READ = 0;
  const WRITE_NEW = 1 | 64 | 512;

  it('keeps the library as it is', () => {
    const files = new FileSystem(library);
    expect(files.open('/lib/python314.zip', 1)).toBe(-EROFS);
    expect(files.open('/lib/new.py', WRITE_NEW)).toBe(-EROFS);
    expect(files.remove('/lib/python314.zip')).toBe(-EROFS);
    expect(files.makeFolder('/lib/folder')).toBe(-EROFS);
  });

  it('reads what was written, in the folder where it was written', () => {
    const files = new FileSystem(library);
    const path = files.here('notes.txt');
    const file = files.descriptor(files.open(path, WRITE_NEW))!;
    expect(files.write(file, Uint8Array.of(5, 6, 7))).toBe(3);
    const target = new Uint8Array(8);
    expect(files.read(files.descriptor(files.open(files.here('./x/../notes.txt'), READ))!, target)).toBe(3);
    expect([...target.subarray(0, 3)]).toEqual([5, 6, 7]);
    files.folder = '/tmp/folder';
    expect(files.absolute(-100, '../x/./y')).toBe('/tmp/x/y');
    files.reset();
    expect(files.open(path, READ)).toBe(-ENOENT);
  });

  it('bounds bytes, files and descriptors', () => {
    const files = new FileSystem(library);
    const file = files.descriptor(files.open('/tmp/large', WRITE_NEW))!;
    const megabyte = new Uint8Array(1 << 20);
    const results = Array.from({ length: 18 }, () => files.write(file, megabyte));
    expect(results.at(-1)).toBe(-ENOSPC);
    files.seek(file, 2 ** 40, 0);
    expect(files.write(file, Uint8Array.of(1))).toBe(-ENOSPC);
    const opened = Array.from({ length: 400 }, (_, i) => files.open(`/tmp/${i}`, WRITE_NEW));
    expect(Math.min(...opened)).toBeLessThan(0);
    expect(Math.max(...opened)).toBeLessThan(100);
    expect(files.open(`/tmp/${'a'.repeat(5000)}`, WRITE_NEW)).toBe(-ENAMETOOLONG);
  });
});

describe('channels', () => {
  it('keeps so much output, counts the rest, ends what never stops', () => {
    const channels = new Channels(null);
    channels.limits = { outputBytes: 10, resultBytes: 100 };
    channels.write('output', new Uint8Array(25));
    expect(channels.written('output').length).toBe(10);
    expect(channels.countWritten('output')).toBe(25);
    for (const byte of [1, 2, 3]) channels.write('result', Uint8Array.of(byte));
    expect([...channels.written('result')]).toEqual([1, 2, 3]);
    expect(() => {
      for (;;) channels.write('output', new Uint8Array(1000));
    }).toThrow(Exit);
  });

  it('answers questions once each, and closes the line to those who may not ask', () => {
    const channels = new Channels((question) => question.map((byte) => byte + 1));
    const target = new Uint8Array(4);
    for (const byte of [1, 7]) {
      channels.write('call', Uint8Array.of(byte));
      expect(channels.read('call', target)).toBe(1);
      expect(target[0]).toBe(byte + 1);
      expect(channels.read('call', target)).toBe(0);
    }
    expect(new Channels(null).write('call', Uint8Array.of(1))).toBe(-EBADF);
    expect(new Channels(null).read('call', target)).toBe(-EBADF);
  });
});

describe('withMaximumMemory', () => {
  it('makes the engine refuse more pages', () => {
    // (module (memory (export "m") 1 65536)), the maximum three bytes wide
    const wasm = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 6, 1, 1, 1, 0x80, 0x80, 4, 7, 5, 1, 1, 109, 2, 0);
    const memoryOf = (bytes: Uint8Array) =>
      new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)).exports
        .m as WebAssembly.Memory;
    expect(() => memoryOf(wasm).grow(9)).not.toThrow();
    expect(() => memoryOf(withMaximumMemory(wasm, 10)).grow(9)).not.toThrow();
    expect(() => memoryOf(withMaximumMemory(wasm, 10)).grow(10)).toThrow(RangeError);
  });
});
