// Finds devices, explains what is missing, and switches between them. Devices come from a short list of packages, loaded
// only when asked for, or from registerDevice.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TensorError } from '../errors.ts';
import { tf } from '../tfjs.ts';
import { cpuDevice } from './cpu.ts';
import type { ActiveDevice, Device, DeviceOptions, DeviceReport } from './device.ts';

export type DeviceName = 'auto' | 'native' | 'cpu' | (string & {});

/** Device packages by the name of the device they export, best first. */
const PACKAGES: ReadonlyMap<string, { package: string; description: string }> = new Map([
  ['native', { package: '@thinkwright/kernels', description: 'C++ kernels on all CPU cores' }],
]);

const registered = new Map<string, Device>([['cpu', cpuDevice]]);
let active: ActiveDevice | undefined;
let warnedAboutCpu = false;

/** Makes a device known under its name; packages outside the built-in list call this. */
export function registerDevice(device: Device): void {
  registered.set(device.name, device);
}

/**
 * Switches to a device; tensors made before stay on theirs and move when they are used.
 * @param name 'auto' (default) takes THINKWRIGHT_DEVICE if set, else the best device that works here; `cpu` with one
 *   warning if none does
 * @throws TensorError TW_TENSORS_DEVICE if a device was named and cannot run: the message says why and what to do;
 *   a device's own error for a setting that it refuses, such as THINKWRIGHT_THREADS=0
 */
export async function useDevice(name: DeviceName = 'auto', options: DeviceOptions = {}): Promise<ActiveDevice> {
  const wanted = name === 'auto' ? process.env.THINKWRIGHT_DEVICE || 'auto' : name;
  options.signal?.throwIfAborted();
  if (wanted !== 'auto') return activate(await findDevice(wanted), options);
  const problems: string[] = [];
  for (const candidate of PACKAGES.keys()) {
    try {
      return await activate(await findDevice(candidate), options);
    } catch (error) {
      if (options.signal?.aborted || isWrongSetting(error)) throw error;
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (!warnedAboutCpu) {
    warnedAboutCpu = true;
    process.emitWarning(`training on the slow JavaScript device. ${problems.join(' ')}`, {
      type: 'ThinkwrightWarning',
      code: 'TW_TENSORS_DEVICE',
    });
  }
  return activate(cpuDevice, options);
}

/** A setting of the user's that a device refuses is no reason to train on a slower one. */
function isWrongSetting(error: unknown): boolean {
  return String((error as { code?: unknown } | undefined)?.code).endsWith('_BAD_OPTION');
}

/** The device that ops run on: the last one activated, `cpu` before that. */
export function currentDevice(): ActiveDevice {
  return active ?? activeView(cpuDevice, cpuDevice.description);
}

/** Every known device, whether it can run here, and if not why and what to do. */
export async function listDevices(): Promise<DeviceReport[]> {
  const names = new Set([...PACKAGES.keys(), ...registered.keys()]);
  return Promise.all(Array.from(names, reportOf));
}

async function reportOf(name: string): Promise<DeviceReport> {
  const isActive = currentDevice().name === name;
  try {
    const device = await findDevice(name);
    const { available, ...rest } = await device.probe();
    return { name, description: device.description, available, active: isActive, ...rest };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const description = PACKAGES.get(name)?.description ?? name;
    return { name, description, available: false, active: isActive, reason };
  }
}

async function findDevice(name: string): Promise<Device> {
  const known = registered.get(name);
  if (known) return known;
  const source = PACKAGES.get(name);
  if (!source) {
    const names = [...PACKAGES.keys(), ...registered.keys()].join(', ');
    throw new TensorError('TW_TENSORS_DEVICE', `there is no device '${name}', expected one of: ${names}`);
  }
  const loaded = (await importPackage(name, source.package)) as { device?: Device };
  if (!loaded.device) {
    throw new TensorError(
      'TW_TENSORS_DEVICE',
      `${source.package} exports no device; install the version that belongs to this @thinkwright/tensors`,
    );
  }
  registered.set(name, loaded.device);
  return loaded.device;
}

async function importPackage(name: string, packageName: string): Promise<unknown> {
  try {
    return await import(/* @vite-ignore */ packageName);
  } catch (error) {
    if (!isMissing(error, packageName)) throw cannotLoad(name, packageName, error);
  }
  try {
    // With isolated node_modules the device package is visible to the application, not to this package.
    const entry = createRequire(join(process.cwd(), 'package.json')).resolve(packageName);
    return await import(/* @vite-ignore */ pathToFileURL(entry).href);
  } catch (error) {
    if (!isMissing(error, packageName)) throw cannotLoad(name, packageName, error);
    throw new TensorError('TW_TENSORS_DEVICE', `device '${name}' is not installed: npm install ${packageName}`, {
      cause: error,
    });
  }
}

function isMissing(error: unknown, packageName: string): boolean {
  const { code, message = '' } = error as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && message.includes(packageName);
}

function cannotLoad(name: string, packageName: string, cause: unknown): TensorError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TensorError('TW_TENSORS_DEVICE', `device '${name}': ${packageName} could not be loaded: ${reason}`, {
    cause,
  });
}

async function activate(device: Device, options: DeviceOptions): Promise<ActiveDevice> {
  const probe = await device.probe();
  if (!probe.available) {
    throw new TensorError(
      'TW_TENSORS_DEVICE',
      `device '${device.name}' cannot run here: ${probe.reason} Fix: ${probe.fix}`,
    );
  }
  if (options.dryRun && device.memory === undefined) {
    throw new TensorError(
      'TW_TENSORS_DEVICE',
      `device '${device.name}' has no dry run: memory is planned for the native device.`,
    );
  }
  await device.activate(options);
  if (tf.getBackend() !== device.name && !(await tf.setBackend(device.name))) {
    throw new TensorError('TW_TENSORS_DEVICE', `device '${device.name}' registered no tfjs backend of that name`);
  }
  active = activeView(device, probe.description);
  return active;
}

function activeView(device: Device, description: string): ActiveDevice {
  return {
    name: device.name,
    description,
    ...(device.captureGraph ? { captureGraph: (run) => device.captureGraph!(run) } : {}),
    synchronize: async () => device.synchronize?.(),
    ...(device.memory ? { memory: () => device.memory!() } : {}),
  };
}
