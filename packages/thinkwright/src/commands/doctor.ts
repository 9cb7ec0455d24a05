// `thinkwright doctor`: what this machine offers, what was chosen and why, what is missing and how to get it.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import { availableMemory, gigabytes } from '../machine-memory.ts';
import { createOutput, type OutputOptions } from '../output.ts';
import { padEnd } from '../terminal/text.ts';

export interface DoctorReport {
  chosen: { name: string; description: string } | { error: string };
  devices: { name: string; description: string; available: boolean; active: boolean; reason?: string; fix?: string }[];
  cpu: { model: string; cores: number; physicalCores?: number; features: string[] };
  threads: { native: number | string; environment?: string };
  memory: { totalBytes: number; freeBytes: number };
  compiler: { name: string; version: string } | null;
  versions: Record<string, string>;
  hub: { cache: string; endpoint: string; offline: boolean; token: boolean };
  advice: string[];
}

const interesting = [
  'avx',
  'avx2',
  'fma',
  'f16c',
  'avx512f',
  'avx512bw',
  'avx512_bf16',
  'avx512_vnni',
  'amx_bf16',
  'amx_int8',
  'asimd',
  'asimddp',
  'bf16',
  'i8mm',
  'sve',
];

export async function doctor(options: OutputOptions & { device?: string; threads?: number }): Promise<number> {
  const output = createOutput(options);
  const report = await examine(options);
  output.result(report);
  const { colors } = output;
  const line = (name: string, text: string) => output.say(`  ${colors.dim(padEnd(name, 11))} ${text}`);
  output.say(colors.bold('Devices'));
  for (const device of report.devices) {
    const mark = device.available ? colors.green('✔') : colors.red('✘');
    output.say(
      `  ${mark} ${colors.bold(padEnd(device.name, 9))} ${device.available ? device.description : `${device.reason ?? 'not available'}`}${device.active ? colors.green('  <- chosen') : ''}`,
    );
    if (!device.available && device.fix) output.say(`              fix: ${device.fix}`);
  }
  if ('error' in report.chosen) output.say(`  ${colors.red('no device could be started:')} ${report.chosen.error}`);
  output.say('');
  output.say(colors.bold('Machine'));
  line(
    'processor',
    `${report.cpu.model}, ${report.cpu.cores} ${report.cpu.cores === 1 ? 'thread' : 'threads'}${report.cpu.physicalCores ? ` on ${report.cpu.physicalCores} cores` : ''}`,
  );
  line('features', report.cpu.features.join(' ') || 'none that the native device uses');
  line('threads', `${report.threads.native}${report.threads.environment ? ' (THINKWRIGHT_THREADS)' : ''}`);
  line('memory', `${gigabytes(report.memory.freeBytes)} free of ${gigabytes(report.memory.totalBytes)}`);
  line('compiler', report.compiler ? `${report.compiler.name}: ${report.compiler.version}` : 'none found');
  output.say('');
  output.say(colors.bold('Software'));
  for (const [name, version] of Object.entries(report.versions)) line(name, version);
  line('hub cache', `${report.hub.cache}${report.hub.offline ? ' (offline: HF_HUB_OFFLINE)' : ''}`);
  line('hub', `${report.hub.endpoint}${report.hub.token ? ', with a token' : ''}`);
  output.say('');
  for (const advice of report.advice) output.say(`${colors.yellow('!')} ${advice}`);
  if (report.advice.length === 0) output.say(`${colors.green('✔')} Everything is in place.`);
  return 'error' in report.chosen ? 1 : 0;
}

/** The report without its printing. */
export async function examine(options: { device?: string; threads?: number } = {}): Promise<DoctorReport> {
  const { listDevices, useDevice } = await import('@thinkwright/tensors');
  const compiler = await findCompiler();
  let chosen: DoctorReport['chosen'];
  try {
    const { name, description } = await useDevice(options.device ?? 'auto', { threads: options.threads });
    chosen = { name, description };
  } catch (error) {
    chosen = { error: error instanceof Error ? error.message : String(error) };
  }
  const devices = await listDevices();
  const cpu = describeProcessor();
  const environment = process.env.THINKWRIGHT_THREADS;
  const report: DoctorReport = {
    chosen,
    devices,
    cpu,
    threads: {
      native: options.threads ?? (environment ? Number(environment) : (cpu.physicalCores ?? availableParallelism())),
      environment,
    },
    memory: { totalBytes: totalmem(), freeBytes: availableMemory() },
    compiler,
    versions: {
      thinkwright: packageJson.version,
      node: process.versions.node,
      v8: process.versions.v8,
      platform: `${process.platform}-${process.arch}`,
    },
    hub: {
      cache: process.env.HF_HUB_CACHE ?? join(process.env.HF_HOME ?? join(homedir(), '.cache', 'huggingface'), 'hub'),
      endpoint: process.env.HF_ENDPOINT ?? 'https://huggingface.co',
      offline: ['1', 'true', 'yes'].includes((process.env.HF_HUB_OFFLINE ?? '').toLowerCase()),
      token: Boolean(process.env.HF_TOKEN),
    },
    advice: [],
  };
  report.advice = adviseOn(report);
  return report;
}

function adviseOn({ chosen, devices, compiler, memory, cpu }: DoctorReport): string[] {
  const advice: string[] = [];
  const native = devices.find((device) => device.name === 'native');
  if (native && !native.available && !compiler) {
    advice.push(
      'No C++ compiler was found, so the fast native device cannot be built. Install g++ or clang (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++).',
    );
  }
  if (!('error' in chosen) && chosen.name === 'cpu')
    advice.push('The chosen device is plain JavaScript: right results, but hundreds of times slower than native.');
  if (memory.freeBytes < 1.5e9)
    advice.push(
      `Only ${gigabytes(memory.freeBytes)} of memory is free: enough for the quickstart, short for models of 135M parameters and more.`,
    );
  if (process.arch === 'x64' && !cpu.features.includes('avx2'))
    advice.push(
      'This processor has no AVX2: the native device falls back to its portable kernels, which are several times slower.',
    );
  return advice;
}

function describeProcessor(): DoctorReport['cpu'] {
  const text = readOptional('/proc/cpuinfo');
  const flags = new Set((/^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '').split(' '));
  const cores = new Set(
    [...text.matchAll(/^physical id\s*:\s*(\d+)[\s\S]*?^core id\s*:\s*(\d+)/gm)].map(
      (match) => `${match[1]}.${match[2]}`,
    ),
  );
  return {
    model: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    physicalCores: cores.size || undefined,
    features: interesting.filter((name) => flags.has(name)),
  };
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not Linux
  }
}

async function findCompiler(): Promise<DoctorReport['compiler']> {
  for (const name of [process.env.CXX, 'g++', 'clang++', 'c++'].filter((each) => each !== undefined && each !== '')) {
    try {
      const { stdout } = await promisify(execFile)(name!, ['--version'], { timeout: 5_000 });
      return { name: name!, version: stdout.split('\n')[0]!.trim() };
    } catch {
      // the next one
    }
  }
  return null;
}
