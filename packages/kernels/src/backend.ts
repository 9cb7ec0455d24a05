// The tfjs backend 'native': storage of tensors on the device stream. Kernels are registered beside it (kernels/*.ts);
// what is not implemented natively runs on tfjs-cpu (cpu-fallback.ts), so that every tfjs op works.
import { tf } from '@thinkwright/tensors';
import { BOOL, bytesOf, DeviceData, elementTypeOf, sizeOf } from './backend-data.ts';
import { KernelError } from './errors.ts';
import { registerKernels } from './kernels/register.ts';
import { expandStored, packRows } from './kernels/stored-data.ts';
import type { Runtime } from './runtime.ts';
import type { DeviceArray } from './stream.ts';

export const BACKEND_NAME = 'native';

export class NativeBackend extends tf.KernelBackend {
  readonly runtime: Runtime;
  #live = 0;
  /** Data that came from another backend: tfjs keeps its own object as the dataId then. */
  readonly #moved = new WeakMap<object, DeviceData>();

  constructor(runtime: Runtime) {
    super();
    this.runtime = runtime;
  }

  /** A new tensor of this device with undefined contents. */
  output(shape: number[], dtype: tf.DataType = 'float32'): tf.TensorInfo & { dataId: DeviceData } {
    return { dataId: this.allocate(sizeOf(shape), dtype), shape, dtype };
  }

  /** A tensor that shares the block of `tensor`. */
  view(tensor: tf.TensorInfo, shape: number[], dtype: tf.DataType = tensor.dtype): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape, dtype };
  }

  allocate(size: number, dtype: string): DeviceData {
    return this.allocateBytes(bytesOf(dtype, size), dtype);
  }

  allocateBytes(bytes: number, dtype: string): DeviceData {
    const data = new DeviceData(this.runtime.allocator.allocate(bytes), bytes, dtype);
    this.#live++;
    return data;
  }

  /** How a tensor is kept; undefined for plain numbers. */
  storageOf(id: object): string | undefined {
    return this.#held(id).stored?.storage;
  }

  numericsOf(id: object): string | undefined {
    return this.#held(id).stored?.numerics;
  }

  /** The block of an input, which is brought here first if another backend holds it. */
  data(tensor: tf.TensorInfo): DeviceData {
    const id = tensor.dataId;
    if (id instanceof DeviceData && id.address !== 0) return id;
    let data = this.#moved.get(id);
    if (data === undefined || data.address === 0) {
      tf.engine().moveData(this, id);
      data = this.#moved.get(id)!;
    }
    return data;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): DeviceData {
    if (dtype === 'string') {
      const data = new DeviceData(0, 0, dtype);
      data.strings = (values ?? []) as Uint8Array[];
      this.#live++;
      return data;
    }
    if (elementTypeOf(dtype) === undefined) {
      throw new KernelError(
        'TW_KERNELS_BAD_OPTION',
        `the native device has no ${dtype} tensors: use float32, int32 or bool`,
      );
    }
    const data = this.allocate(values === null ? sizeOf(shape) : values.length, dtype);
    if (values !== null) this.runtime.stream.write(data.address, typedArray(values as tf.TypedArray, dtype));
    return data;
  }

  override move(id: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType, references: number): void {
    const data = this.write(values, shape, dtype);
    data.references = references;
    this.#moved.set(id, data);
  }

  override async read(id: object): Promise<tf.BackendValues> {
    const data = this.#held(id);
    if (data.strings !== undefined) return data.strings;
    if (data.stored === undefined) return this.runtime.stream.read(data.address, hostArray(data));
    const copy = expandStored(this, data);
    return this.runtime.stream.read(copy.address, hostArray(copy)).finally(() => this.disposeData(copy));
  }

  override readSync(id: object): tf.BackendValues {
    const data = this.#held(id);
    if (data.strings !== undefined) return data.strings;
    if (data.stored === undefined) return this.runtime.stream.readSync(data.address, hostArray(data));
    const copy = expandStored(this, data);
    try {
      return this.runtime.stream.readSync(copy.address, hostArray(copy));
    } finally {
      this.disposeData(copy);
    }
  }

  /** New contents in the same block, in stream order: for inputs of captured graphs. */
  overwrite(id: object, values: DeviceArray): void {
    const data = this.#held(id);
    if (data.stored === undefined) this.runtime.stream.write(data.address, values);
    else if (data.stored.storage === 'float32') this.#overwritePanels(data, values);
    else
      throw new KernelError('TW_KERNELS_BAD_OPTION', `a weight stored as ${data.stored.storage} cannot be overwritten`);
    data.version++;
  }

  #overwritePanels(data: DeviceData, values: DeviceArray): void {
    const { allocator, stream } = this.runtime;
    const rows = allocator.allocate(values.byteLength);
    stream.write(rows, values);
    packRows(this, data, rows);
    allocator.release(rows, values.byteLength);
  }

  /** Throws when a captured graph reads this block, or panels packed from it, by address. */
  expectMovable(id: object): void {
    const data = this.#held(id);
    const pinned = this.runtime.allocator.isPinned(data.address, data.bytes) || data.packs?.some((pack) => pack.pinned);
    if (!pinned) return;
    throw new KernelError(
      'TW_KERNELS_CAPTURE',
      'a parameter that a captured graph reads shares its memory with another tensor (the one it was made from, or a ' +
        'reshape), so it cannot be updated: dispose that tensor, or dispose the graph first and capture again after the update',
    );
  }

  /** Frees what was packed from a weight that is about to be trained; a captured graph keeps what it reads. */
  releasePacks(id: object): void {
    for (const pack of [...(this.#find(id)?.packs ?? [])]) if (!pack.pinned) pack.dispose();
  }

  override incRef(id: object): void {
    this.#held(id).references++;
  }

  decRef(id: object): void {
    this.#held(id).references--;
  }

  override refCount(id: object): number {
    return this.#find(id)?.references ?? 0;
  }

  override disposeData(id: object, force = false): boolean {
    const data = this.#find(id);
    if (data === undefined) return true;
    data.references--;
    if (!force && data.references > 0) return false;
    this.#live--;
    if (data.packs !== undefined) for (const pack of [...data.packs]) pack.dispose();
    if (data.address !== 0) this.runtime.allocator.release(data.address, data.bytes);
    data.address = 0;
    data.strings = undefined;
    this.#moved.delete(id);
    return true;
  }

  override numDataIds(): number {
    return this.#live;
  }

  override memory(): { unreliable: boolean; deviceBytes: number } {
    return { unreliable: false, deviceBytes: this.runtime.allocator.report().bytesInUse };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {}

  #find(id: object): DeviceData | undefined {
    if (id instanceof DeviceData && (id.address !== 0 || id.strings !== undefined)) return id;
    return this.#moved.get(id);
  }

  #held(id: object): DeviceData {
    const data = this.#find(id);
    if (data !== undefined) return data;
    throw new KernelError('TW_KERNELS_BAD_RELEASE', 'a tensor was used after its data had been freed');
  }
}

/** Registers the backend and all its kernels, once. */
export function registerNativeBackend(runtime: Runtime): void {
  if (tf.findBackendFactory(BACKEND_NAME)) return;
  const backend = new NativeBackend(runtime);
  registerKernels(backend);
  tf.registerBackend(BACKEND_NAME, () => backend);
}

function hostArray(data: DeviceData): DeviceArray {
  const type = elementTypeOf(data.dtype);
  if (type === BOOL) return new Uint8Array(data.bytes);
  return data.dtype === 'int32' ? new Int32Array(data.bytes / 4) : new Float32Array(data.bytes / 4);
}

function typedArray(values: tf.TypedArray, dtype: tf.DataType): DeviceArray {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}
