// A file system in memory: the standard library as one read-only zip, and a few megabytes of scratch that die with the job.
// Results follow the system calls: a non-negative answer, or a negative error number.
import {
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  EMFILE,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  EROFS,
  ESPIPE,
} from './errno.ts';

export interface FileNode {
  directory: boolean;
  bytes: Uint8Array;
  length: number;
  readOnly: boolean;
  inode: number;
}

/** The descriptors that are not files: standard streams, the result, the line to the other interpreter, the request. */
export type Stream = 'input' | 'output' | 'errors' | 'result' | 'call' | 'request';

export interface Descriptor {
  stream?: Stream;
  node: FileNode;
  path: string;
  offset: number;
  writable: boolean;
  append: boolean;
}

export const STREAMS: Stream[] = ['input', 'output', 'errors', 'result', 'call', 'request'];
export const HOME = '/home/pyodide';
const LIBRARY = '/lib';
const SCRATCH_BYTES = 16 << 20;
const MAX_NODES = 256;
const MAX_PATH = 4096;
const MAX_DESCRIPTORS = 64;
/** File descriptor that stands for the current folder in calls of the `at` kind. */
const AT_CURRENT = -100;

const O_ACCESS = 3;
const O_CREATE = 64;
const O_EXCLUSIVE = 128;
const O_TRUNCATE = 512;
const O_APPEND = 1024;
const O_DIRECTORY = 65_536;

export class FileSystem {
  readonly #library: Uint8Array;
  #nodes = new Map<string, FileNode>();
  #descriptors: (Descriptor | undefined)[] = [];
  #written = 0;
  #inodes = 0;
  folder = HOME;

  /** @param library bytes of the standard library's zip */
  constructor(library: Uint8Array) {
    this.#library = library;
    this.reset();
  }

  reset(): void {
    this.#inodes = 0;
    this.#written = 0;
    this.folder = HOME;
    this.#nodes = new Map();
    const libraries = ['', '/python3.14', '/python3.14/lib-dynload', '/python3.14/site-packages'];
    for (const path of ['/', '/tmp', '/home', HOME, ...libraries.map((end) => LIBRARY + end)]) this.#addFolder(path);
    const zip = {
      directory: false,
      bytes: this.#library,
      length: this.#library.length,
      readOnly: true,
      inode: ++this.#inodes,
    };
    this.#nodes.set(`${LIBRARY}/python314.zip`, zip);
    this.#descriptors = STREAMS.map((stream) => ({
      stream,
      node: { directory: false, bytes: new Uint8Array(0), length: 0, readOnly: false, inode: ++this.#inodes },
      path: '',
      offset: 0,
      writable: stream !== 'input' && stream !== 'request',
      append: false,
    }));
  }

  descriptor(number: number): Descriptor | undefined {
    return this.#descriptors[number];
  }

  /** The absolute form of a path, relative to an open folder or the current one. */
  absolute(folder: number, path: string): string {
    const base = folder === AT_CURRENT ? this.folder : (this.#descriptors[folder]?.path ?? this.folder);
    const parts: string[] = [];
    for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }

  here(path: string): string {
    return this.absolute(AT_CURRENT, path);
  }

  node(path: string): FileNode | undefined {
    return this.#nodes.get(path);
  }

  open(path: string, flags: number): number {
    const access = flags & O_ACCESS;
    let node = this.#nodes.get(path);
    if (node === undefined) {
      if (!(flags & O_CREATE)) return -ENOENT;
      const refusal = this.#refusalToAdd(path);
      if (refusal) return refusal;
      node = { directory: false, bytes: new Uint8Array(0), length: 0, readOnly: false, inode: ++this.#inodes };
      this.#nodes.set(path, node);
    } else if (flags & O_CREATE && flags & O_EXCLUSIVE) return -EEXIST;
    if (node.directory && access) return -EISDIR;
    if (!node.directory && flags & O_DIRECTORY) return -ENOTDIR;
    if (access && node.readOnly) return -EROFS;
    if (flags & O_TRUNCATE && access) node.length = 0;
    let number = STREAMS.length;
    while (this.#descriptors[number]) number++;
    if (number > MAX_DESCRIPTORS) return -EMFILE;
    this.#descriptors[number] = { node, path, offset: 0, writable: access !== 0, append: !!(flags & O_APPEND) };
    return number;
  }

  close(number: number): number {
    if (!this.#descriptors[number]) return -EBADF;
    // Streams stay: a program that closes its standard output harms only itself, and not the next one.
    if (number >= STREAMS.length) this.#descriptors[number] = undefined;
    return 0;
  }

  read(file: Descriptor, target: Uint8Array, at?: number): number {
    if (file.node.directory) return -EISDIR;
    const position = at ?? file.offset;
    const count = Math.max(0, Math.min(target.length, file.node.length - position));
    target.set(file.node.bytes.subarray(position, position + count));
    if (at === undefined) file.offset += count;
    return count;
  }

  write(file: Descriptor, source: Uint8Array): number {
    if (!file.writable) return -EBADF;
    const { node } = file;
    if (file.append) file.offset = node.length;
    const end = file.offset + source.length;
    this.#written += source.length;
    if (this.#written > SCRATCH_BYTES || end > SCRATCH_BYTES) return -ENOSPC;
    if (end > node.bytes.length) {
      const larger = new Uint8Array(Math.max(end, node.bytes.length * 2, 256));
      larger.set(node.bytes.subarray(0, node.length));
      node.bytes = larger;
    }
    node.bytes.set(source, file.offset);
    file.offset = end;
    node.length = Math.max(node.length, end);
    return source.length;
  }

  seek(file: Descriptor, offset: number, whence: number): number {
    if (file.stream) return -ESPIPE;
    const base = whence === 1 ? file.offset : whence === 2 ? file.node.length : 0;
    if (base + offset < 0) return -EINVAL;
    file.offset = base + offset;
    return file.offset;
  }

  makeFolder(path: string): number {
    if (this.#nodes.has(path)) return -EEXIST;
    const refusal = this.#refusalToAdd(path);
    if (refusal) return refusal;
    this.#addFolder(path);
    return 0;
  }

  remove(path: string): number {
    if (inLibrary(path)) return -EROFS;
    return this.#nodes.delete(path) ? 0 : -ENOENT;
  }

  /** Names in a folder, with `.` and `..`. */
  list(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const inside = [...this.#nodes.keys()].filter((key) => key !== '/' && key.startsWith(prefix));
    return ['.', '..', ...inside.map((key) => key.slice(prefix.length)).filter((name) => !name.includes('/'))];
  }

  #refusalToAdd(path: string): number {
    if (path.length > MAX_PATH) return -ENAMETOOLONG;
    if (inLibrary(path) || path === '/') return -EROFS;
    if (!this.#nodes.get(this.here(`${path}/..`))?.directory) return -ENOENT;
    return this.#nodes.size > MAX_NODES ? -ENOSPC : 0;
  }

  #addFolder(path: string): void {
    const empty = new Uint8Array(0);
    this.#nodes.set(path, { directory: true, bytes: empty, length: 0, readOnly: true, inode: ++this.#inodes });
  }
}

function inLibrary(path: string): boolean {
  return path === LIBRARY || path.startsWith(`${LIBRARY}/`);
}
